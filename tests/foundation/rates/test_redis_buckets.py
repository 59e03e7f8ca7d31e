"""Processes fill one bucket; without Redis each goes on by its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from marquee_foundation.rates.buckets import Bucket
from marquee_foundation.rates.redis_buckets import RedisBuckets
from marquee_foundation.redis import RedisServer
from tests.redis_servers import OwnRedis, own_redis

__all__ = ["own_redis"]

NOW = datetime(2026, 1, 15, 18, 0, tzinfo=UTC)
TEN = Bucket("account ana@example.com", 10, timedelta(minutes=15))


@pytest.fixture
async def server(own_redis: OwnRedis) -> AsyncIterator[RedisServer]:
    server = RedisServer(own_redis.url, timeout_seconds=20.0)
    yield server
    await server.aclose()


async def test_processes_fill_one_bucket(server: RedisServer) -> None:
    here, there = RedisBuckets(server, "m:"), RedisBuckets(server, "m:")
    for _ in range(5):
        await here.count([TEN], NOW)
        assert await there.take(TEN, NOW) == 0
    assert await here.look([TEN], NOW) == await there.take(TEN, NOW) == 90
    await here.forget(TEN)
    assert await RedisBuckets(server, "m:").look([TEN], NOW) == 0


async def test_no_key_shows_its_subject(server: RedisServer) -> None:
    await RedisBuckets(server, "m:").count([TEN], NOW)
    keys = await server.client.keys("m:*")
    assert len(keys) == 1
    assert b"ana" not in keys[0]


async def test_without_redis_a_process_goes_on_by_its_own_count(
    server: RedisServer, own_redis: OwnRedis
) -> None:
    buckets = RedisBuckets(server, "m:")
    for number in range(10):
        if number == 5:
            own_redis.stop()
        await buckets.count([TEN], NOW)
    assert await buckets.look([TEN], NOW) == 90
    await buckets.forget(TEN)
    assert await buckets.look([TEN], NOW) == 0
