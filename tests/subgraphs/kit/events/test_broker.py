"""What every broker promises, whichever it is."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from marquee_subgraphs.kit.events import BrokerClosed, Envelope, UnknownQueue
from marquee_subgraphs.kit.events.retry import RetryPolicy
from tests.subgraphs.kit.events.brokers import AnyBroker, Brokers, placed
from tests.subgraphs.kit.events.conftest import brokers_of


@pytest.fixture(params=["embedded", "rabbitmq"])
def brokers(request: pytest.FixtureRequest, tmp_path: Path) -> Brokers:
    """These tests need no store."""
    return brokers_of(request.param, request, tmp_path)


async def ignore(event: Envelope) -> None:
    """A handler."""


async def test_an_event_being_handled_finishes_before_the_end(brokers: Brokers) -> None:
    began, go_on = asyncio.Event(), asyncio.Event()
    taken: list[str] = []

    async def take(event: Envelope) -> None:
        began.set()
        await go_on.wait()
        taken.append(event.id)

    async with await brokers.open() as broker:
        subscription = await broker.consume("tickets", ["order.placed"], take)
        await broker.publish([placed(1)])
        await began.wait()
        closing = asyncio.create_task(subscription.close())
        await asyncio.sleep(0)
        go_on.set()
        await closing
        assert taken == ["00000001"]
        await broker.consume("tickets", ["order.placed"], take)
        await broker.settled()
        assert taken == ["00000001"]


async def test_aggregates_are_handled_side_by_side(broker: AnyBroker) -> None:
    together = asyncio.Barrier(4)

    async def take(event: Envelope) -> None:
        await together.wait()

    await broker.consume("tickets", ["order.placed"], take)
    await broker.publish([placed(number) for number in range(4)])
    await broker.settled()


async def test_each_queue_gets_its_own_types(broker: AnyBroker) -> None:
    taken: list[str] = []

    for queue, types in {"a": ["order.placed"], "b": ["order.placed", "x"], "c": ["x"]}.items():

        async def take(event: Envelope, queue: str = queue) -> None:
            taken.append(queue)

        await broker.consume(queue, types, take)
    await broker.publish([placed(1)])
    await broker.settled()

    assert sorted(taken) == ["a", "b"]


async def test_a_queue_has_one_consumer_and_a_closed_broker_none(broker: AnyBroker) -> None:
    subscription = await broker.consume("tickets", ["order.placed"], ignore)
    with pytest.raises(ValueError, match="consumed already"):
        await broker.consume("tickets", ["order.placed"], ignore)
    await subscription.close()
    await broker.consume("tickets", ["order.placed"], ignore)
    before = broker.connected
    await broker.close()
    await broker.close()

    assert (before, broker.connected) == (True, False)
    with pytest.raises(BrokerClosed):
        await broker.publish([placed(1)])


async def test_what_fails_holds_up_its_own_aggregate_only(
    brokers: Brokers, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    taken: list[int] = []
    others = asyncio.Event()
    healed = False

    async def take(event: Envelope) -> None:
        if event.aggregate_id == "ord_ill" and not healed:
            raise ConnectionError
        taken.append(event.payload["number"])
        if len(taken) == 40:
            others.set()

    async with await brokers.open(RetryPolicy(attempts=1000, first_pause_seconds=0.01, factor=1)) as broker:
        await broker.consume("tickets", ["order.placed"], take)
        await broker.publish([placed(number, "ord_ill", version=number + 1) for number in range(20)])
        await broker.publish([placed(number) for number in range(100, 140)])
        async with asyncio.timeout(10):
            await others.wait()
        assert sorted(taken) == list(range(100, 140))
        healed = True
        await broker.settled()

    assert taken[40:] == list(range(20))


async def test_dead_letters_are_seen_in_order_without_being_taken_and_replayed_by_name(
    broker: AnyBroker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    taken: list[str] = []
    ill = True

    async def take(event: Envelope) -> None:
        if ill:
            raise LookupError("no such seat")
        taken.append(event.id)

    await broker.consume("tickets", ["order.placed"], take)
    events = [placed(number, "ord_1", version=number + 1) for number in range(3)]
    await broker.publish(events)
    await broker.settled()

    for _ in range(2):
        letters = await broker.dead_letters()
        assert [letter.event for letter in letters] == events
        assert {(letter.queue, letter.attempts, letter.error) for letter in letters} == {
            ("tickets", 3, "LookupError: no such seat")
        }
        assert len(await broker.dead_letters("tickets", limit=2)) == 2
    ill = False
    assert await broker.replay("tickets", [events[1].id, "unknown"]) == 1
    await broker.settled()
    assert taken == [events[1].id]
    assert [letter.event_id for letter in await broker.dead_letters()] == [events[0].id, events[2].id]
    assert await broker.replay("tickets") == 2
    await broker.settled()
    assert taken == [events[1].id, events[0].id, events[2].id]
    assert await broker.dead_letters() == []


async def test_an_unknown_queue_is_refused(broker: AnyBroker) -> None:
    await broker.consume("tickets", ["order.placed"], ignore)

    assert await broker.replay("tickets") == 0
    with pytest.raises(UnknownQueue, match="nobody"):
        await broker.replay("nobody")
