"""`Address`: where RabbitMQ is, and the prefix of our names there. Must never show the password."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from yarl import URL

_PREFIX = re.compile(r"[A-Za-z0-9_-]{1,60}")
_HEARTBEAT_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Address:
    """An `amqp://` or `amqps://` URL. Its query belongs to aio-pika, except `prefix`."""

    url: URL = field(repr=False)
    prefix: str

    @classmethod
    def parse(cls, text: str) -> Address:
        """Parse a URL such as `amqp://user:password@host:5672/vhost?prefix=marquee`.

        Raises `ValueError` for a malformed prefix.
        """
        url = URL(text)
        query = dict(url.query)
        prefix = query.pop("prefix", "marquee")
        if not _PREFIX.fullmatch(prefix):
            raise ValueError("the prefix is made of letters, digits, _ and -, at most 60 of them")
        query.setdefault("heartbeat", str(_HEARTBEAT_SECONDS))
        return cls(url.with_query(query), prefix)

    def __str__(self) -> str:
        vhost = self.url.path.strip("/")
        return f"{self.url.host}:{self.url.port or 5672}" + (f"/{vhost}" if vhost else "")
