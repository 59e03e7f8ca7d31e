"""`EndedSessions`: what a Redis says of sessions that ended while their access tokens were still good.

Whoever issues the tokens writes a sorted set (session id, with the time in seconds since the epoch until
which a token of it may be good) and publishes anything on the channel of the same name. A router reads the
set when it starts, when it is told to, and now and then, so it misses none. Must never make a request wait
for Redis: while that is away, a token whose session has just ended is good until it expires.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import Any, Final

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from marquee_router.config.model import EndedSessionsSource
from marquee_router.event_sources.redis import RedisEvents

logger = logging.getLogger("marquee_router.security")

MOST_SESSIONS: Final = 100_000
"""Those that ended first are left out beyond."""
_TIMEOUT_SECONDS: Final = 2.0
_AGAIN_SECONDS: Final = 5.0
_PAUSE_SECONDS: Final = 0.05
"""What is told within it is read at once."""
_OVERLAP_SECONDS: Final = 60.0
"""Clocks differ, and writers may be late: so much is read again."""
_CANCEL_SECONDS: Final = 0.05
_FAILURES: Final = (RedisError, OSError, TimeoutError)


class EndedSessions:
    """Implements `Revocations`; `open` begins to listen, `aclose` ends it."""

    def __init__(self, settings: EndedSessionsSource) -> None:
        """Raises `ValueError` when the address is none of Redis."""
        assert settings.redis_url is not None, "whoever makes this has looked"
        url = settings.redis_url.get_secret_value()
        self._settings = settings
        self._client: Redis = Redis.from_url(
            url,
            socket_connect_timeout=_TIMEOUT_SECONDS,
            socket_timeout=_TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        self._events = RedisEvents(url, queue_events=1)
        self._until: dict[str, float] = {}
        self._is_connected = True
        self._newest = 0.0
        self._told = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.changes = 0
        """How many sessions were heard of."""

    def is_revoked(self, claims: Mapping[str, Any]) -> bool:
        """Whether the token with these claims belongs to a session that has ended."""
        return claims.get(self._settings.claim) in self._until

    def __len__(self) -> int:
        return len(self._until)

    def open(self) -> None:
        """Listen from now on."""
        self._tasks = [
            asyncio.create_task(work(), name=f"ended sessions: {work.__name__}")
            for work in (self._listen, self._keep_reading)
        ]

    async def aclose(self) -> None:
        """Stop listening, and disconnect."""
        running, self._tasks = set(self._tasks), []
        while running:  # Python 3.11 may lose a cancellation that comes with an answer
            for task in running:
                task.cancel()
            _, running = await asyncio.wait(running, timeout=_CANCEL_SECONDS)
        await self._events.aclose()
        await self._client.aclose()

    async def _listen(self) -> None:
        async for _ in self._events.listen(self._settings.key):
            self._told.set()

    async def _keep_reading(self) -> None:
        while True:
            self._told.clear()
            try:
                await self._read()
                self._is_connected = True
            except _FAILURES as error:
                if self._is_connected:
                    logger.warning("no word of ended sessions until Redis is back: %s", type(error).__name__)
                self._is_connected, self._newest = False, 0.0
            await asyncio.sleep(_PAUSE_SECONDS)
            try:
                async with asyncio.timeout(_AGAIN_SECONDS):
                    await self._told.wait()
            except TimeoutError:
                continue

    async def _read(self) -> None:
        """Take over what is new in the set, and forget what has expired."""
        now = time.time()
        found: Any = await self._client.zrange(
            self._settings.key,
            "+inf",
            f"({max(now, self._newest - _OVERLAP_SECONDS)}",
            desc=True,
            byscore=True,
            offset=0,
            num=MOST_SESSIONS,
            withscores=True,
        )
        until = {session.decode(): score for session, score in found}
        new = len(until.keys() - self._until.keys())
        until = {**until, **{session: end for session, end in self._until.items() if end > now}}
        self._until = dict(list(until.items())[:MOST_SESSIONS])
        self._newest = max(self._until.values(), default=0.0)
        self.changes += new
