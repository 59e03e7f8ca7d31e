"""Rates: the same rule in one process and in many."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from marquee_foundation.rates.buckets import MemoryBuckets
from marquee_subgraphs.kit.pace import Bucket, Pace
from marquee_subgraphs.kit.redis_parts import open_redis
from marquee_subgraphs.kit.refusals import RateLimited
from tests.redis_servers import OwnRedis, own_redis, redis_prefix, redis_url

__all__ = ["own_redis", "redis_prefix", "redis_url"]

NOW = datetime(2026, 1, 15, 18, 0, tzinfo=UTC)
TEN = Bucket("account ana", 10, timedelta(minutes=15))


@pytest.fixture(params=["memory", "redis"])
async def pace(request: pytest.FixtureRequest) -> AsyncIterator[Pace]:
    if request.param == "memory":
        yield Pace(MemoryBuckets())
        return
    url, prefix = request.getfixturevalue("redis_url"), request.getfixturevalue("redis_prefix")
    async with open_redis(url, prefix) as parts:
        yield parts.pace("users")


async def test_a_full_bucket_refuses_until_there_is_room_for_one(pace: Pace) -> None:
    for _ in range(10):
        await pace.check([TEN], NOW)
        await pace.count([TEN], NOW)
    with pytest.raises(RateLimited) as refused:
        await pace.check([TEN], NOW)
    assert refused.value.retry_after_seconds == 90
    with pytest.raises(RateLimited):
        await pace.check([TEN], NOW + timedelta(seconds=89))
    await pace.check([TEN], NOW + timedelta(seconds=90))


async def test_taking_counts_only_what_is_allowed(pace: Pace) -> None:
    bucket = Bucket("visitor", 3, timedelta(minutes=1))
    for _ in range(3):
        await pace.take(bucket, NOW)
    for _ in range(5):
        with pytest.raises(RateLimited) as refused:
            await pace.take(bucket, NOW)
        assert refused.value.retry_after_seconds == 20
    await pace.take(bucket, NOW + timedelta(seconds=20))


async def test_one_full_bucket_of_several_refuses_and_others_are_free(pace: Pace) -> None:
    address = Bucket("address 203.0.113.9", 2, timedelta(minutes=15))
    for _ in range(2):
        await pace.count([TEN, address], NOW)
    with pytest.raises(RateLimited):
        await pace.check([TEN, address], NOW)
    await pace.check([TEN], NOW)


async def test_a_forgotten_bucket_is_empty(pace: Pace) -> None:
    for _ in range(10):
        await pace.count([TEN], NOW)
    await pace.forget(TEN)
    await pace.check([TEN], NOW)


async def test_processes_fill_one_bucket(redis_url: str, redis_prefix: str) -> None:
    async with open_redis(redis_url, redis_prefix) as one, open_redis(redis_url, redis_prefix) as two:
        here, there = one.pace("users"), two.pace("users")
        for _ in range(5):
            await here.count([TEN], NOW)
            await there.count([TEN], NOW)
        for pace in (here, there):
            with pytest.raises(RateLimited):
                await pace.check([TEN], NOW)


async def test_without_redis_a_process_goes_on_by_its_own_count(own_redis: OwnRedis) -> None:
    async with open_redis(own_redis.url, "m") as parts:
        pace = parts.pace("users")
        for number in range(10):
            if number == 5:
                own_redis.stop()
            await pace.count([TEN], NOW)
        with pytest.raises(RateLimited):
            await pace.check([TEN], NOW)
