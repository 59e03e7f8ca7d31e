"""Processes count together in Redis; without it nothing is refused here."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from limits import RateLimitItemPerSecond

from marquee_foundation.rates import shared_windows
from marquee_foundation.rates.shared_windows import SharedWindows
from tests.redis_servers import OwnRedis, own_redis

__all__ = ["own_redis"]

SIX = RateLimitItemPerSecond(6, 90)


@asynccontextmanager
async def processes(url: str) -> AsyncIterator[list[SharedWindows]]:
    opened = [SharedWindows(url, "m") for _ in range(2)]
    try:
        yield opened
    finally:
        for each in opened:
            await each.aclose()


async def test_processes_count_together(own_redis: OwnRedis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_windows, "_TIMEOUT_SECONDS", 20.0)
    async with processes(own_redis.url) as (one, two):
        for process in (one, two, one, two, one, two):
            assert await process.hit(SIX, "address", "ada") is None
        for process in (one, two):
            wait = await process.hit(SIX, "address", "ada")
            assert wait is not None
            assert 90 < wait <= 105, "six hits lose the weight of one in a sixth of the next period"
        assert await one.hit(SIX, "address", "bob") is None
        assert await one.hit(SIX, "user", "ada") is None


async def test_without_redis_nothing_is_refused(own_redis: OwnRedis) -> None:
    own_redis.stop()
    async with processes(own_redis.url) as (one, _):
        assert [await one.hit(SIX, "address", "ada") for _ in range(9)] == [None] * 9
