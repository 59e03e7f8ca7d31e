"""`EndedSessionPublisher`: publishes ended sessions in Redis, for the routers in other processes.

Routers read the sorted set `PREFIX:ended-sessions` (`authentication.ended_sessions` in their `router.yaml`):
the member is a session's id, the score the time in Unix seconds until which a token of it may be valid. While
Redis is unreachable, sessions wait here and are published later. A sign-out never waits for Redis.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, Final

from marquee_foundation.redis import BACKGROUND_SECONDS, Client, RedisServer, RedisUnavailable
from marquee_subgraphs.kit.clock import Clock

_LEEWAY_SECONDS: Final = 60
"""Added to a token's end: a router's clock may be slow, and it accepts a token a little after its end."""
_RETRY_SECONDS: Final = 1.0


class EndedSessionPublisher:
    """Publishes the sessions given to `add`, while `run` runs."""

    def __init__(self, server: RedisServer, clock: Clock) -> None:
        self._server = server
        self._clock = clock
        self._key = f"{server.prefix}:ended-sessions"
        self._unpublished: dict[str, float] = {}
        self._added = asyncio.Event()

    def add(self, ends: Mapping[str, datetime]) -> None:
        """Queue sessions, each with the end of its last access token."""
        self._unpublished.update((id_, end.timestamp() + _LEEWAY_SECONDS) for id_, end in ends.items())
        self._added.set()

    async def run(self) -> None:
        """Publish until cancelled. When cancelled, publishes what is left, once."""
        try:
            while True:
                await self._added.wait()
                self._added.clear()
                try:
                    await self._publish()
                except RedisUnavailable:
                    self._added.set()
                    await asyncio.sleep(_RETRY_SECONDS)
        finally:
            with suppress(RedisUnavailable):
                await self._publish()

    async def _publish(self) -> None:
        now = self._clock.now().timestamp()
        # A session whose tokens have all expired need not be published any more.
        self._unpublished = {id_: end for id_, end in self._unpublished.items() if end > now}
        batch = dict(self._unpublished)
        if not batch:
            return

        async def write(client: Client) -> Any:
            async with client.pipeline(transaction=True) as commands:
                commands.zadd(self._key, batch)
                commands.zremrangebyscore(self._key, "-inf", now)
                commands.expireat(self._key, int(max(batch.values())) + 1)
                commands.publish(self._key, b"")
                return await commands.execute()

        await self._server.ask(write, timeout_seconds=BACKGROUND_SECONDS)
        for id_ in batch:
            self._unpublished.pop(id_, None)
