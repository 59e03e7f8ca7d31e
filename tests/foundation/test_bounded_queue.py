"""A queue drops its oldest items when it is full, and its consumer ends after what is queued."""

from __future__ import annotations

import asyncio

import pytest

from marquee_foundation.bounded_queue import BoundedQueue


async def _rest(queue: BoundedQueue[int]) -> list[int]:
    queue.end()
    return [item async for item in queue]


async def test_the_newest_items_are_kept_in_order() -> None:
    queue: BoundedQueue[int] = BoundedQueue(3)
    for number in range(5):
        assert queue.is_full is (number >= 3)
        queue.put(number)
    assert len(queue) == 3
    assert await _rest(queue) == [2, 3, 4]


async def test_what_is_queued_can_be_replaced() -> None:
    queue: BoundedQueue[int] = BoundedQueue(1)
    queue.put(1)
    queue.replace(2, 3)
    assert await _rest(queue) == [2, 3]


@pytest.mark.parametrize("way", ["put", "replace"])
async def test_a_waiting_consumer_is_woken(way: str) -> None:
    queue: BoundedQueue[int] = BoundedQueue(1)
    waiting = asyncio.ensure_future(anext(queue))
    await asyncio.sleep(0)
    getattr(queue, way)(1)
    assert await waiting == 1


async def test_the_end_wakes_a_waiting_consumer() -> None:
    queue: BoundedQueue[int] = BoundedQueue(1)
    waiting = asyncio.ensure_future(_all(queue))
    await asyncio.sleep(0)
    queue.end()
    assert await waiting == []


async def test_a_consumer_that_was_cancelled_loses_nothing() -> None:
    queue: BoundedQueue[int] = BoundedQueue(2)
    waiting = asyncio.ensure_future(anext(queue))
    await asyncio.sleep(0)
    waiting.cancel()
    queue.put(1)
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await anext(queue) == 1


def test_a_queue_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        BoundedQueue(0)


async def _all(queue: BoundedQueue[int]) -> list[int]:
    return [item async for item in queue]
