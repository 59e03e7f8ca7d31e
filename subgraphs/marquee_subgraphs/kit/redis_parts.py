"""`RedisParts`: what the processes of a subgraph share by Redis: topics, caches, rates.

Imported only when `MARQUEE_REDIS_URL` is set. Must never be needed: while Redis is down, each part goes on
within the process.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from marquee_foundation.rates.redis_buckets import RedisBuckets
from marquee_foundation.redis import RedisServer, RedisUnavailable
from marquee_subgraphs.kit.cache import Cache, Codec
from marquee_subgraphs.kit.cache.redis import RedisCache
from marquee_subgraphs.kit.live import Topics
from marquee_subgraphs.kit.live.redis import RedisFanout
from marquee_subgraphs.kit.pace import Pace

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class RedisParts:
    """One Redis, and the one connection of this process that subscribes."""

    server: RedisServer
    fanout: RedisFanout

    def topics(self, subgraph: str) -> Topics[Any]:
        """Return the live topics of all processes of the subgraph."""
        return self.fanout.topics(subgraph)

    def cache(self, subgraph: str, name: str, codec: Codec[V], topics: Topics[Any]) -> Cache[V]:
        """Return a cache of all processes of the subgraph, invalidated by its `topics`."""
        return RedisCache(self.server, topics, f"{subgraph}:{name}", codec)

    def pace(self, subgraph: str) -> Pace:
        """Return rates that all processes of the subgraph count together."""
        return Pace(RedisBuckets(self.server, f"{self.server.prefix}:pace:{subgraph}:"))

    async def is_away(self) -> bool:
        """Return True if Redis does not answer."""
        try:
            await self.server.check()
        except RedisUnavailable:
            return True
        return False


@asynccontextmanager
async def open_redis(url: str, prefix: str) -> AsyncIterator[RedisParts]:
    """Open the client and the listener, whether Redis answers or not; close them at the end."""
    server = RedisServer(url, prefix=prefix)
    fanout = RedisFanout(server)
    fanout.start()
    try:
        yield RedisParts(server, fanout)
    finally:
        await fanout.close()
        await server.aclose()
