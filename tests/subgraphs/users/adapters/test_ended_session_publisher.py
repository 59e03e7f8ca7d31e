"""Ended sessions are published in Redis: late when it is down, and never lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import redis

from marquee_foundation.redis import RedisServer
from marquee_foundation.tasks import end_tasks
from marquee_subgraphs.kit.clock import SystemClock
from marquee_subgraphs.users.adapters.ended_session_publisher import EndedSessionPublisher
from marquee_subgraphs.users.domain import ACCESS_TOKEN_LIFETIME
from marquee_subgraphs.users.service.ended_sessions import EndedSessions
from tests.redis_servers import OwnRedis, own_redis

__all__ = ["own_redis"]


@asynccontextmanager
async def publishing(server: RedisServer) -> AsyncIterator[EndedSessions]:
    """Run a publisher; yields the sessions that it publishes."""
    ended = EndedSessions(SystemClock())
    publisher = EndedSessionPublisher(server, SystemClock())
    ended.on_added = publisher.add
    task = asyncio.create_task(publisher.run())
    try:
        yield ended
    finally:
        await end_tasks([task])
        await server.aclose()


def published(url: str) -> dict[str, float]:
    """The published sessions, each with the time until which routers refuse its tokens."""
    with redis.Redis.from_url(url) as client:
        return {
            name.decode(): until for name, until in client.zrange("m:ended-sessions", 0, -1, withscores=True)
        }


async def until(holds: Callable[[], bool]) -> None:
    """Let the publisher run until `holds`."""
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110  # Redis is another process: nothing here could be awaited
            await asyncio.sleep(0)


async def test_a_session_is_published_with_the_end_of_its_tokens(own_redis: OwnRedis) -> None:
    async with publishing(RedisServer(own_redis.url, prefix="m")) as ended:
        ended.add(["one", "two"])
        await until(lambda: set(published(own_redis.url)) == {"one", "two"})
    last = (SystemClock().now() + ACCESS_TOKEN_LIFETIME).timestamp()
    assert all(
        last < end < last + timedelta(minutes=2).total_seconds() for end in published(own_redis.url).values()
    )
    with redis.Redis.from_url(own_redis.url) as client:
        assert 0 < client.ttl("m:ended-sessions") < 1_200, "nothing is kept for ever"


async def test_what_ended_while_redis_was_down_is_published_later(own_redis: OwnRedis) -> None:
    server = RedisServer(own_redis.url, prefix="m")
    async with publishing(server) as ended:
        own_redis.stop()
        ended.add(["one"])
        await until(lambda: server.is_away)
        ended.add(["two"])
        own_redis.start()
        await until(lambda: set(published(own_redis.url)) == {"one", "two"})


async def test_stopping_publishes_what_is_left(own_redis: OwnRedis) -> None:
    async with publishing(RedisServer(own_redis.url, prefix="m")) as ended:
        await asyncio.sleep(0)
        ended.add(["one"])
    assert set(published(own_redis.url)) == {"one"}
