"""A cache of several processes: shared, told of changes, and never needed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from types import SimpleNamespace

import pytest
import redis as redis_client

from marquee_subgraphs.kit.cache import Cache, Codec
from marquee_subgraphs.kit.cache.redis import RedisCache
from marquee_subgraphs.kit.redis_parts import open_redis
from tests.redis_servers import OwnRedis, own_redis, redis_prefix, redis_url
from tests.subgraphs.kit.cache.test_memory import Store

__all__ = ["own_redis", "redis_prefix", "redis_url"]

OpenPeer = Callable[[], Awaitable[Cache[int]]]
NUMBERS = Codec[int](int, int)


async def open_cache(url: str, prefix: str, stack: AsyncExitStack) -> Cache[int]:
    """The cache of one more process, which listens already."""
    parts = await stack.enter_async_context(open_redis(url, prefix))
    topics = parts.topics("movies")
    stack.push_async_callback(topics.close)
    cache = parts.cache("movies", "numbers", NUMBERS, topics)
    stack.push_async_callback(cache.close)
    return cache


@pytest.fixture
async def open_peer(redis_url: str, redis_prefix: str) -> AsyncIterator[OpenPeer]:
    async with AsyncExitStack() as stack:
        yield lambda: open_cache(redis_url, redis_prefix, stack)


async def until(cache: Cache[int], store: Store, value: int, seconds: float = 2) -> None:
    """Read until the value is seen."""
    async with asyncio.timeout(seconds):
        while await cache.get_many(["a"], store.read) != {"a": value}:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0)


async def test_what_one_process_computed_another_need_not(open_peer: OpenPeer) -> None:
    store, here, there = Store(a=1), await open_peer(), await open_peer()
    for cache in (here, there, here):
        assert await cache.get_many(["a", "z"], store.read) == {"a": 1}
    assert store.asked == [["a", "z"]]


@pytest.mark.parametrize("everything", [False, True])
async def test_a_change_is_seen_at_once_here_and_within_a_moment_there(
    open_peer: OpenPeer, everything: bool
) -> None:
    store, here, there = Store(a=1), await open_peer(), await open_peer()
    await here.get_many(["a"], store.read)
    await there.get_many(["a"], store.read)
    for value in range(2, 6):
        store.values["a"] = value
        here.clear() if everything else here.delete(["a"])
        assert await here.get_many(["a"], store.read) == {"a": value}
        await until(there, store, value)


async def test_nobody_stores_what_they_read_before_a_change(open_peer: OpenPeer) -> None:
    store, slow = Store(a=1), Store(a=1)
    here, there = await open_peer(), await open_peer()
    slow.open.clear()
    early = asyncio.create_task(there.get_many(["a"], slow.read))
    while not slow.asked:  # noqa: ASYNC110 - until Redis has said that it has nothing
        await asyncio.sleep(0)
    store.values["a"] = 2
    here.delete(["a"])
    await until(here, store, 2)
    slow.open.set()
    assert await early == {"a": 1}
    third = await open_peer()
    assert await third.get_many(["a"], store.read) == {"a": 2}


async def test_without_redis_the_store_is_asked_and_nothing_waits(own_redis: OwnRedis) -> None:
    async with AsyncExitStack() as stack:
        cache = await open_cache(own_redis.url, "m", stack)
        store = Store(a=1)
        await cache.get_many(["a"], store.read)
        for trouble in (own_redis.pause, own_redis.resume, own_redis.stop):
            trouble()
            store.values["a"] += 1
            cache.delete(["a"])
            loop = asyncio.get_running_loop()
            started = loop.time()
            assert await cache.get_many(["a"], store.read) == {"a": store.values["a"]}
            for number in range(100):
                await cache.get_many([f"other {number}"], store.read)
            assert loop.time() - started < 1


async def test_a_change_that_redis_could_not_be_told_is_told_when_it_is_back(own_redis: OwnRedis) -> None:
    async with AsyncExitStack() as stack:
        here = await open_cache(own_redis.url, "m", stack)
        store = Store(a=1)
        await here.get_many(["a"], store.read)
        own_redis.pause()
        store.values["a"] = 2
        here.delete(["a"])
        await here.get_many(["a"], store.read)
        own_redis.resume()
        there = await open_cache(own_redis.url, "m", stack)
        await until(there, store, 2, seconds=5)


async def test_a_flushed_redis_is_filled_again(own_redis: OwnRedis) -> None:
    async with AsyncExitStack() as stack:
        here = await open_cache(own_redis.url, "m", stack)
        store = Store(a=1)
        here.clear()
        await here.get_many(["a"], store.read)
        own_redis.flush()
        there = await open_cache(own_redis.url, "m", stack)
        assert await there.get_many(["a"], store.read) == {"a": 1}
        with redis_client.Redis.from_url(own_redis.url) as client:
            assert client.exists("m:cache:movies:numbers:a")


@pytest.mark.parametrize(("chance", "times"), [(0.0, 1), (1.0 - 1e-9, 2)])
async def test_what_is_dear_may_be_computed_again_before_it_expires(
    redis_url: str, redis_prefix: str, monkeypatch: pytest.MonkeyPatch, chance: float, times: int
) -> None:
    store = Store(a=1)
    now = 0.0

    async def dear(keys: Sequence[str]) -> dict[str, int]:
        nonlocal now
        now += 0.15
        return await store.read(keys)

    watch = SimpleNamespace(monotonic=lambda: now, time=time.time)
    monkeypatch.setattr("marquee_subgraphs.kit.cache.redis.time", watch)

    monkeypatch.setattr("marquee_subgraphs.kit.cache.redis.random.random", lambda: chance)
    for _ in range(2):
        async with open_redis(redis_url, redis_prefix) as parts:
            topics = parts.topics("movies")
            cache = RedisCache(parts.server, topics, "movies:numbers", NUMBERS, ttl_seconds=2.0)
            assert await cache.get_many(["a"], dear) == {"a": 1}
            await cache.close()
            await topics.close()
    assert len(store.asked) == times
