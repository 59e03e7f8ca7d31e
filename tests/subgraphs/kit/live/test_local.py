"""Live topics reach every subscriber, bounded, and end when told."""

from __future__ import annotations

import asyncio
import gc

import pytest

from marquee_subgraphs.kit.live import RESYNC, LocalTopics, Resync


async def test_every_subscriber_of_the_topic_gets_every_message_from_its_start() -> None:
    topics: LocalTopics[int] = LocalTopics()
    topics.publish("seats:1", 0)
    async with topics.subscribe("seats:1") as one, topics.subscribe("seats:1") as two:
        async with topics.subscribe("seats:2") as other:
            for number in (1, 2):
                topics.publish("seats:1", number)
            topics.publish("seats:2", 9)
            assert [await anext(one), await anext(one)] == [1, 2]
            assert [await anext(two), await anext(two)] == [1, 2]
            assert await anext(other) == 9
        assert topics.count("seats:2") == 0
    assert topics.count("seats:1") == 0


async def test_a_waiting_subscriber_is_woken() -> None:
    topics: LocalTopics[str] = LocalTopics()
    async with topics.subscribe("t") as subscription:
        waiting = asyncio.create_task(anext(subscription))
        await asyncio.sleep(0)
        topics.publish("t", "now")
        assert await waiting == "now"


async def test_a_subscriber_that_lags_is_told_to_resync_and_keeps_the_newest() -> None:
    topics: LocalTopics[int] = LocalTopics(capacity=3)
    async with topics.subscribe("t") as slow:
        for number in range(5):
            topics.publish("t", number)
        received = [await anext(slow) for _ in range(3)]
        assert received == [RESYNC, 3, 4]
        assert isinstance(received[0], Resync)
        assert repr(RESYNC) == "RESYNC"


async def test_closing_ends_waiting_iterations() -> None:
    topics: LocalTopics[int] = LocalTopics()
    subscription = topics.subscribe("t")

    async def listen() -> list[int | Resync]:
        return [message async for message in subscription]

    listening = asyncio.create_task(listen())
    await asyncio.sleep(0)
    await topics.close()

    assert await listening == []
    assert topics.count("t") == 0


async def test_a_subscription_nobody_holds_goes_by_itself() -> None:
    topics: LocalTopics[int] = LocalTopics()
    topics.subscribe("t")
    gc.collect()

    topics.publish("t", 1)
    assert topics.count("t") == 0


def test_a_capacity_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        LocalTopics(capacity=0)
