"""Sessions that ended are told of by Redis, late if it is away, and never lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import redis

from marquee_foundation.redis import RedisServer
from marquee_foundation.tasks import end_tasks
from marquee_subgraphs.kit.clock import SystemClock
from marquee_subgraphs.users.domain import ACCESS_TOKEN_LIFETIME
from marquee_subgraphs.users.ended_sessions import EndedSessions
from marquee_subgraphs.users.session_teller import SessionTeller
from tests.redis_servers import OwnRedis, own_redis

__all__ = ["own_redis"]


@asynccontextmanager
async def telling(url: str) -> AsyncIterator[EndedSessions]:
    server, ended = RedisServer(url, prefix="m"), EndedSessions(SystemClock())
    task = asyncio.create_task(SessionTeller(server, ended, SystemClock()).run())
    try:
        yield ended
    finally:
        await end_tasks([task])
        await server.aclose()


def told(url: str) -> dict[str, float]:
    with redis.Redis.from_url(url) as client:
        return {
            name.decode(): until for name, until in client.zrange("m:ended-sessions", 0, -1, withscores=True)
        }


async def _told_of(url: str, *sessions: str) -> None:
    async with asyncio.timeout(10):
        while set(told(url)) != set(sessions):  # noqa: ASYNC110  # another process tells nobody
            await asyncio.sleep(0.02)


async def test_a_session_is_told_of_with_the_end_of_its_tokens(own_redis: OwnRedis) -> None:
    async with telling(own_redis.url) as ended:
        ended.add(["one", "two"])
        await _told_of(own_redis.url, "one", "two")
    last = (SystemClock().now() + ACCESS_TOKEN_LIFETIME).timestamp()
    assert all(
        last < until < last + timedelta(minutes=2).total_seconds() for until in told(own_redis.url).values()
    )
    with redis.Redis.from_url(own_redis.url) as client:
        assert 0 < client.ttl("m:ended-sessions") < 1_200, "nothing is kept for ever"


async def test_what_ended_while_redis_was_away_is_told_later(own_redis: OwnRedis) -> None:
    async with telling(own_redis.url) as ended:
        own_redis.stop()
        ended.add(["one"])
        await asyncio.sleep(0.3)
        ended.add(["two"])
        own_redis.start()
        await _told_of(own_redis.url, "one", "two")


async def test_who_stops_has_told_all(own_redis: OwnRedis) -> None:
    async with telling(own_redis.url) as ended:
        await asyncio.sleep(0)
        ended.add(["one"])
    assert set(told(own_redis.url)) == {"one"}
