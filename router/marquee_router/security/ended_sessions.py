"""`EndedSessions`: reads from Redis which sessions ended while their access tokens were still good.

The issuer of the tokens writes a sorted set (session id, with the time in seconds since the epoch until
which a token of it may be good) and publishes anything on the channel of the same name. A router reads the
set when it starts, after each such message, and every few seconds, so it misses none. Must never make a
request wait for Redis: while that is down, the token of a session that has just ended is good until it
expires.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from marquee_foundation.redis import FAILURES, ChannelListener, RedisServer, reason_of
from marquee_foundation.tasks import end_tasks
from marquee_router.config.model import EndedSessionsSource

logger = logging.getLogger("marquee_router.security")

MOST_SESSIONS: Final = 100_000
"""Beyond these, the sessions that ended first are left out."""
_TIMEOUT_SECONDS: Final = 2.0
_AGAIN_SECONDS: Final = 5.0
_PAUSE_SECONDS: Final = 0.05
"""Messages that arrive within it cause one reading together."""
_OVERLAP_SECONDS: Final = 60.0
"""So much is read again, because clocks differ and writers may be late."""


class EndedSessions:
    """Implements `Revocations`; `open` begins to read, `aclose` ends it."""

    def __init__(self, settings: EndedSessionsSource, *, now: Callable[[], float] = time.time) -> None:
        """`now` returns seconds since the epoch. Raises `ValueError` when the address is none of Redis."""
        assert settings.redis_url is not None, "the caller has checked it"
        self._settings = settings
        self._now = now
        self._server = RedisServer(settings.redis_url.get_secret_value())
        self._channels = ChannelListener(self._server.client, self, name="ended sessions")
        self._until: dict[str, float] = {}
        self._is_connected = True
        self._newest = 0.0
        self._changed = asyncio.Event()
        self._reading: asyncio.Task[None] | None = None
        self.changes = 0
        """Number of ended sessions received."""

    def is_revoked(self, claims: Mapping[str, Any]) -> bool:
        """Return True if the token with these claims belongs to a session that has ended."""
        return claims.get(self._settings.claim) in self._until

    def __len__(self) -> int:
        return len(self._until)

    def open(self) -> None:
        """Listen and read from now on."""
        self._channels.join(self._settings.key)
        self._channels.start()
        self._reading = asyncio.create_task(self._keep_reading(), name="ended sessions: read")

    async def aclose(self) -> None:
        """Stop reading, and disconnect."""
        if self._reading is not None:
            await end_tasks([self._reading])
        await self._channels.aclose()
        await self._server.aclose()

    def received(self, channel: str, message: bytes) -> None:
        """Read the set: the message says that it has changed."""
        self._changed.set()

    def confirmed(self, channel: str, *, again: bool) -> None:
        """Read the set: sessions may have ended before the channel was subscribed to."""
        self._changed.set()

    async def _keep_reading(self) -> None:
        while True:
            self._changed.clear()
            try:
                async with asyncio.timeout(_TIMEOUT_SECONDS):
                    await self._read()
                self._is_connected = True
            except FAILURES as error:
                if self._is_connected:
                    logger.warning("ended sessions cannot be read until Redis is back: %s", reason_of(error))
                self._is_connected, self._newest = False, 0.0
            await asyncio.sleep(_PAUSE_SECONDS)
            try:
                async with asyncio.timeout(_AGAIN_SECONDS):
                    await self._changed.wait()
            except TimeoutError:
                continue

    async def _read(self) -> None:
        """Add what is new in the set, and drop what has expired."""
        now = self._now()
        found: Any = await self._server.client.zrange(
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
