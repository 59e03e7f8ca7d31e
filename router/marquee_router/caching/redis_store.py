"""`RedisStore`: what all routers keep together. Asked with little patience and, after a failure, not at all
for a moment: subgraphs are asked then.

Marks that could not be written are remembered, and written before anything is read again.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Final, TypeVar

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from marquee_router.caching.store import Entry, Held

R = TypeVar("R")
_TIMEOUT_SECONDS: Final = 0.2
_REST_SECONDS: Final = 2.0
_LONGEST_SECONDS: Final = 24 * 3600
"""Nothing is kept longer, and marks twice as long: an entry is gone before the mark that outdates it."""
_EVERYTHING: Final = "everything"
_OWED_AT_MOST: Final = 10_000
_UNMARKED: Final = b"0"

logger = logging.getLogger("marquee_router.caching")


class RedisStore:
    """A store in the Redis at `url`, under keys that begin with `prefix`; connects when first asked."""

    def __init__(self, url: str, prefix: str, *, now: Callable[[], float] = time.monotonic) -> None:
        self._client: Redis = Redis.from_url(
            url, socket_connect_timeout=_TIMEOUT_SECONDS, retry=Retry(NoBackoff(), 0)
        )
        self._prefix = f"{prefix}:cache:"
        self._now = now
        self._owed: set[str] = set()
        self._is_away = False
        self._rests_until = 0.0

    async def get(self, keys: Sequence[str], marks: Sequence[str]) -> Held | None:
        """As `Store.get`."""
        if self._owed and not await self._pay():
            return None
        names = [self._prefix + name for name in (*keys, *marks, _EVERYTHING)]
        found: list[Any] | None = await self._ask(lambda: self._client.mget(names))
        if found is None:
            return None
        epoch = found.pop() or _UNMARKED
        contents, marked = found[: len(keys)], found[len(keys) :]
        return Held(contents, [epoch + b"." + (mark or _UNMARKED) for mark in marked])

    async def put(self, entries: Sequence[Entry]) -> None:
        """As `Store.put`."""

        async def send() -> Any:
            async with self._client.pipeline(transaction=False) as pipeline:
                for key, content, ttl_seconds in entries:
                    pipeline.set(self._prefix + key, content, ex=min(ttl_seconds, _LONGEST_SECONDS))
                return await pipeline.execute()

        await self._ask(send)

    async def mark(self, marks: Iterable[str]) -> None:
        """As `Store.mark`."""
        self._owed.update(marks)
        if len(self._owed) > _OWED_AT_MOST:
            self._owed = {_EVERYTHING}
        await self._pay()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def _pay(self) -> bool:
        """Write the marks that are owed; False when Redis did not take them."""
        owed, token = set(self._owed), secrets.token_hex(8)

        async def send() -> Any:
            async with self._client.pipeline(transaction=False) as pipeline:
                for mark in owed:
                    pipeline.set(self._prefix + mark, token, ex=2 * _LONGEST_SECONDS)
                return await pipeline.execute()

        if await self._ask(send) is None:
            return False
        self._owed -= owed
        return True

    async def _ask(self, send: Callable[[], Awaitable[R]]) -> R | None:
        now = self._now()
        if self._is_away:
            if now < self._rests_until:
                return None
            self._rests_until = now + _REST_SECONDS
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                answer = await send()
        except (RedisError, OSError, TimeoutError) as error:
            if not self._is_away:
                self._is_away = True
                reason = str(error) or type(error).__name__
                logger.warning("Redis is away, nothing is taken from the cache: %s", reason)
            self._rests_until = self._now() + _REST_SECONDS
            return None
        if self._is_away:
            self._is_away = False
            logger.warning("Redis answers again: the cache is in use")
        return answer
