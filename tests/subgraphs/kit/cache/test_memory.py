"""A cache of one process: bounded, computed once, never older than a delete."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from marquee_subgraphs.kit.cache import MemoryCache


class Store:
    """A store that counts its readings, and answers when it may."""

    def __init__(self, **values: int) -> None:
        self.values = dict(values)
        self.asked: list[list[str]] = []
        self.open = asyncio.Event()
        self.open.set()

    async def read(self, keys: Sequence[str]) -> dict[str, int]:
        self.asked.append(list(keys))
        found = {key: self.values[key] for key in keys if key in self.values}
        await self.open.wait()
        return found


class Time:
    """A clock that moves when told."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


async def test_only_what_is_not_kept_is_asked_for() -> None:
    store, cache = Store(a=1, b=2, c=3), MemoryCache[int]()
    assert await cache.get_many(["a", "b"], store.read) == {"a": 1, "b": 2}
    assert await cache.get_many(["b", "c", "c"], store.read) == {"b": 2, "c": 3}
    assert store.asked == [["a", "b"], ["c"]]


async def test_however_many_ask_at_once_the_store_is_asked_once() -> None:
    store, cache = Store(a=1, b=2), MemoryCache[int]()
    store.open.clear()
    waiting = [asyncio.create_task(cache.get_many(["a"], store.read)) for _ in range(50)]
    waiting.append(asyncio.create_task(cache.get_many(["a", "b"], store.read)))
    await asyncio.sleep(0)
    store.open.set()
    answers = await asyncio.gather(*waiting)
    assert answers == [{"a": 1}] * 50 + [{"a": 1, "b": 2}]
    assert store.asked == [["a"], ["b"]]


async def test_whoever_goes_away_does_not_take_the_answer_from_the_others() -> None:
    store, cache = Store(a=1), MemoryCache[int]()
    store.open.clear()
    first, second = (asyncio.create_task(cache.get_many(["a"], store.read)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait([first])
    store.open.set()
    assert await second == {"a": 1}


async def test_an_error_is_for_those_who_waited_and_is_not_kept() -> None:
    store, cache = Store(a=1), MemoryCache[int]()

    async def fail(_: Sequence[str]) -> dict[str, int]:
        raise OSError("the store is away")

    answers = await asyncio.gather(*[cache.get_many(["a"], fail) for _ in range(3)], return_exceptions=True)
    assert [type(answer) for answer in answers] == [OSError] * 3
    assert await cache.get_many(["a"], store.read) == {"a": 1}


@pytest.mark.parametrize("everything", [False, True])
async def test_what_was_read_before_a_change_is_not_kept_after_it(everything: bool) -> None:
    store, cache = Store(a=1), MemoryCache[int]()
    store.open.clear()
    early = asyncio.create_task(cache.get_many(["a"], store.read))
    while not store.asked:  # noqa: ASYNC110 - it tells nobody
        await asyncio.sleep(0)
    store.values["a"] = 2
    cache.clear() if everything else cache.delete(["a"])
    late = asyncio.create_task(cache.get_many(["a"], store.read))
    store.open.set()
    assert [await early, await late] == [{"a": 1}, {"a": 2}]
    assert await cache.get_many(["a"], store.read) == {"a": 2}


async def test_values_live_a_while_and_absence_a_shorter_one() -> None:
    time = Time()
    store, cache = Store(a=1), MemoryCache[int](ttl_seconds=5, absent_ttl_seconds=1, now=time)
    for _ in range(2):
        assert await cache.get_many(["a", "z"], store.read) == {"a": 1}
    assert store.asked == [["a", "z"]]
    time.now += 1
    await cache.get_many(["a", "z"], store.read)
    time.now += 4
    await cache.get_many(["a"], store.read)
    assert store.asked == [["a", "z"], ["z"], ["a"]]


async def test_the_least_recently_used_goes_first_and_nonsense_pushes_out_nothing() -> None:
    store, cache = Store(a=1, b=2, c=3), MemoryCache[int](capacity=2)
    await cache.get_many(["a", "b"], store.read)
    await cache.get_many([f"nonsense {number}" for number in range(1_000)], store.read)
    await cache.get_many(["a"], store.read)
    await cache.get_many(["c"], store.read)
    store.asked.clear()
    await cache.get_many(["a", "c", "b"], store.read)
    assert store.asked == [["b"]]
