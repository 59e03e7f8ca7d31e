"""`SessionTeller`: tells routers in other processes, by Redis, which sessions have ended.

Routers read the sorted set `PREFIX:ended-sessions` (`authentication.ended_sessions` in their `router.yaml`):
the id of each session, with the time in seconds until which a token of it may be good. Nothing is lost while
Redis is away, only late. Must never make a sign-out wait.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from marquee_foundation.redis import BACKGROUND_SECONDS, Client, RedisServer, RedisUnavailable
from marquee_subgraphs.kit.clock import Clock
from marquee_subgraphs.users.ended_sessions import EndedSessions

_LEEWAY_SECONDS: Final = 60
"""Routers' clocks may be behind, and they let tokens live a little longer."""
_AGAIN_SECONDS: Final = 1.0


class SessionTeller:
    """Tells of what is added to `ended`."""

    def __init__(self, server: RedisServer, ended: EndedSessions, clock: Clock) -> None:
        self._server = server
        self._clock = clock
        self._key = f"{server.prefix}:ended-sessions"
        self._untold: dict[str, float] = {}
        self._added = asyncio.Event()
        ended.on_added = self._add

    async def run(self) -> None:
        """Tell until cancelled, and then what is left, if that is quickly done."""
        try:
            while True:
                await self._added.wait()
                self._added.clear()
                try:
                    await self._tell()
                except RedisUnavailable:
                    self._added.set()
                    await asyncio.sleep(_AGAIN_SECONDS)
        finally:
            with suppress(RedisUnavailable):
                await self._tell()

    def _add(self, until: Mapping[str, datetime]) -> None:
        self._untold.update((name, end.timestamp() + _LEEWAY_SECONDS) for name, end in until.items())
        self._added.set()

    async def _tell(self) -> None:
        now = self._clock.now().timestamp()
        telling = {name: end for name, end in self._untold.items() if end > now}

        async def write(client: Client) -> Any:
            async with client.pipeline(transaction=True) as commands:
                commands.zadd(self._key, telling)
                commands.zremrangebyscore(self._key, "-inf", now)
                commands.expireat(self._key, int(max(telling.values())) + 1)
                commands.publish(self._key, b"")
                return await commands.execute()

        if telling:
            await self._server.ask(write, timeout_seconds=BACKGROUND_SECONDS)
        for name in telling:
            self._untold.pop(name, None)
        for name in [name for name, end in self._untold.items() if end <= now]:
            del self._untold[name]
