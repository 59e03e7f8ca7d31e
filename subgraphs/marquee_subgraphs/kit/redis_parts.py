"""`RedisParts`: what the processes of a subgraph share by Redis: topics, caches, paces. Imported only when
`MARQUEE_REDIS_URL` is set. Must never be needed: each part goes on within the process while Redis is away.
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
        """Live topics of all processes of the subgraph."""
        return self.fanout.topics(subgraph)

    def cache(self, subgraph: str, name: str, codec: Codec[V], topics: Topics[Any]) -> Cache[V]:
        """A cache of all processes of the subgraph, invalidated by its `topics`."""
        return RedisCache(self.server, topics, f"{subgraph}:{name}", codec)

    def pace(self, subgraph: str) -> Pace:
        """Rates counted in all processes of the subgraph."""
        return Pace(RedisBuckets(self.server, f"{self.server.prefix}:pace:{subgraph}:"))

    async def is_away(self) -> bool:
        """Whether Redis does not answer just now."""
        try:
            await self.server.check()
        except RedisUnavailable:
            return True
        return False


@asynccontextmanager
async def open_redis(url: str, prefix: str) -> AsyncIterator[RedisParts]:
    """Begin to talk to Redis, whether it is there or not; all is closed at the end."""
    server = RedisServer(url, prefix=prefix)
    fanout = RedisFanout(server)
    fanout.start()
    try:
        yield RedisParts(server, fanout)
    finally:
        await fanout.close()
        await server.aclose()
