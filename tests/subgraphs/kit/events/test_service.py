"""From a committed change to its effect in another service: exactly once, in order, whatever fails
between.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select

from marquee_subgraphs.kit.database import Database, Transaction
from marquee_subgraphs.kit.database.kit_tables import INBOX, OUTBOX
from marquee_subgraphs.kit.events import (
    Envelope,
    PoisonEvent,
    Relay,
    ServiceEvents,
    all_settled,
    current_trace,
)
from marquee_subgraphs.kit.faults import TemporarilyUnavailable
from tests.subgraphs.kit.events.brokers import AnyBroker, Brokers
from tests.subgraphs.kit.events.sample_events import (
    OrderAdmired,
    OrderPlaced,
    PlacedOrder,
    SeatsSold,
    SoldSeats,
)


async def place(events: ServiceEvents, store: Database, order: str, number: int = 0) -> Envelope:
    async with store.transaction() as tx:
        return await events.outbox.add(tx, OrderPlaced(number=number), aggregate_id=order)


def collect(events: ServiceEvents) -> list[Envelope]:
    taken: list[Envelope] = []

    async def take(tx: Transaction, _: PlacedOrder, envelope: Envelope) -> None:
        tx.after_commit(lambda: taken.append(envelope))

    events.consumer.on(PlacedOrder, take)
    return taken


async def test_an_event_crosses_with_all_it_carries(
    orders: ServiceEvents, tickets: ServiceEvents, orders_store: Database, broker: AnyBroker
) -> None:
    taken = collect(tickets)
    await orders.start()
    await tickets.start()
    trace = current_trace.set("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
    event = await place(orders, orders_store, "ord_1")
    current_trace.reset(trace)

    await all_settled(broker, orders, tickets)

    assert taken == [event]
    assert (event.producer, event.aggregate_version, event.correlation_id) == ("orders", 1, event.id)
    assert event.trace == "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


async def test_a_change_that_rolls_back_tells_nobody(
    orders: ServiceEvents, tickets: ServiceEvents, orders_store: Database, broker: AnyBroker
) -> None:
    taken = collect(tickets)
    await orders.start()
    await tickets.start()

    async def fail(tx: Transaction) -> None:
        await orders.outbox.add(tx, OrderPlaced(number=1), aggregate_id="ord_1")
        raise LookupError

    with pytest.raises(LookupError):
        await orders_store.run(fail)
    await all_settled(broker, orders, tickets)

    assert taken == []


async def test_an_effect_names_its_cause(
    orders: ServiceEvents,
    tickets: ServiceEvents,
    orders_store: Database,
    broker: AnyBroker,
) -> None:
    async def sell(tx: Transaction, event: PlacedOrder, envelope: Envelope) -> None:
        sold = SeatsSold(number=event.number)
        await tickets.outbox.add(tx, sold, aggregate_id="sho_1", cause=envelope)

    sold: list[Envelope] = []

    async def confirm(_: SoldSeats, envelope: Envelope) -> None:
        sold.append(envelope)

    tickets.consumer.on(PlacedOrder, sell)
    orders.consumer.on_outside_transaction(SoldSeats, confirm)

    await tickets.start_consuming()
    await orders.start()
    tickets.start_publishing()
    placed = await place(orders, orders_store, "ord_1")
    await all_settled(broker, orders, tickets)

    assert [(event.causation_id, event.correlation_id) for event in sold] == [(placed.id, placed.id)]


def _event(order: str, number: int) -> Envelope:
    return Envelope(
        id=f"{number:08}",
        type="order.placed",
        version=1,
        occurred_at=datetime(2026, 1, 15, tzinfo=UTC),
        producer="orders",
        aggregate_id=order,
        aggregate_version=number,
        correlation_id="1",
        causation_id=None,
        trace=None,
        payload={},
    )


async def test_each_aggregate_is_taken_in_order_under_many_writers(
    orders: ServiceEvents, tickets: ServiceEvents, orders_store: Database, broker: AnyBroker
) -> None:
    taken = collect(tickets)
    await orders.start()
    await tickets.start()

    await asyncio.gather(*(place(orders, orders_store, f"ord_{number % 7}", number) for number in range(140)))
    await all_settled(broker, orders, tickets)

    assert len(taken) == 140
    for order in range(7):
        versions = [event.aggregate_version for event in taken if event.aggregate_id == f"ord_{order}"]
        assert versions == list(range(1, 21))


async def test_what_committed_before_the_relay_ran_is_published_at_its_start(
    orders: ServiceEvents, tickets: ServiceEvents, orders_store: Database, broker: AnyBroker
) -> None:
    taken = collect(tickets)
    await tickets.start()
    events = [await place(orders, orders_store, "ord_1", number) for number in range(3)]

    await orders.start()
    await all_settled(broker, orders, tickets)

    assert taken == events


async def test_an_event_that_comes_twice_has_one_effect(
    orders: ServiceEvents,
    tickets: ServiceEvents,
    orders_store: Database,
    tickets_store: Database,
    broker: AnyBroker,
) -> None:
    taken = collect(tickets)
    await orders.start()
    await tickets.start()
    event = await place(orders, orders_store, "ord_1")
    await all_settled(broker, orders, tickets)

    await broker.publish([event, event])
    await broker.publish([event])
    await all_settled(broker, orders, tickets)
    await tickets.consumer.handle(event)

    assert taken == [event]
    async with tickets_store.read() as connection:
        assert await connection.scalar(select(func.count()).select_from(INBOX)) == 1


class _Interrupted:
    """A broker that confirms, but whose confirmation does not arrive the first time."""

    def __init__(self, broker: AnyBroker) -> None:
        self._broker = broker
        self.calls = 0
        self.consume = broker.consume
        self.dead_letters = broker.dead_letters
        self.replay = broker.replay
        self.close = broker.close
        self.connected = True

    async def publish(self, events: Sequence[Envelope]) -> None:
        await self._broker.publish(events)
        self.calls += 1
        if self.calls == 1:
            raise ConnectionError("the confirmation was lost")


async def test_a_lost_confirmation_publishes_again_with_one_effect(
    orders: ServiceEvents,
    tickets: ServiceEvents,
    orders_store: Database,
    broker: AnyBroker,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.CRITICAL)
    taken = collect(tickets)
    await tickets.start()
    event = await place(orders, orders_store, "ord_1")
    interrupted = _Interrupted(broker)
    relay = Relay(orders_store, orders.outbox, interrupted)
    relay.start()
    await relay.flushed()
    await broker.settled()
    await relay.close()

    assert interrupted.calls == 2
    assert taken == [event]


async def test_replicas_of_a_relay_publish_each_event_once_and_in_order(
    orders: ServiceEvents, tickets: ServiceEvents, orders_store: Database, broker: AnyBroker
) -> None:
    if orders_store.dialect == "sqlite":
        relays = [Relay(orders_store, orders.outbox, broker)]
    else:
        relays = [Relay(orders_store, orders.outbox, broker) for _ in range(3)]
    taken = collect(tickets)
    await tickets.start()
    events = [await place(orders, orders_store, "ord_1", number) for number in range(50)]

    published = await asyncio.gather(*(relay.publish_batch() for relay in relays))
    await broker.settled()

    assert [count for count in published if count] == [50]
    assert taken == events


async def test_a_failing_handler_is_tried_again_and_what_follows_waits(
    orders: ServiceEvents,
    tickets: ServiceEvents,
    orders_store: Database,
    broker: AnyBroker,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.CRITICAL)
    attempts: list[int] = []

    async def take(tx: Transaction, event: PlacedOrder, _: Envelope) -> None:
        attempts.append(event.number)
        if len(attempts) < 3:
            raise ConnectionError

    tickets.consumer.on(PlacedOrder, take)

    await orders.start()
    await tickets.start()
    for number in (1, 2):
        await place(orders, orders_store, "ord_1", number)
    await all_settled(broker, orders, tickets)

    assert attempts == [1, 1, 1, 2]


async def test_an_event_outlives_any_absence_of_what_its_handler_needs(
    orders: ServiceEvents,
    tickets: ServiceEvents,
    orders_store: Database,
    broker: AnyBroker,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("marquee_subgraphs.kit.events.lanes._AWAY_PAUSE_SECONDS", 0.001)
    caplog.set_level(logging.CRITICAL)
    attempts: list[int] = []

    async def take(tx: Transaction, event: PlacedOrder, _: Envelope) -> None:
        attempts.append(event.number)
        if len(attempts) < 20:  # far more often than a failing event is tried
            raise TemporarilyUnavailable

    tickets.consumer.on(PlacedOrder, take)

    await orders.start()
    await tickets.start()
    for number in (1, 2):
        await place(orders, orders_store, "ord_1", number)
    await all_settled(broker, orders, tickets)

    assert attempts == [1] * 20 + [2]
    assert await broker.dead_letters() == []


@pytest.mark.parametrize(
    ("error", "attempts"), [(ConnectionError("down"), 3), (PoisonEvent("no such seat"), 1)]
)
async def test_a_poisonous_event_dies_alone_and_can_be_replayed(
    error: Exception,
    attempts: int,
    orders: ServiceEvents,
    tickets: ServiceEvents,
    orders_store: Database,
    broker: AnyBroker,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.CRITICAL)
    broken = True
    taken: list[int] = []

    async def take(tx: Transaction, event: PlacedOrder, _: Envelope) -> None:
        if broken and event.number == 1:
            raise error
        tx.after_commit(lambda: taken.append(event.number))

    tickets.consumer.on(PlacedOrder, take)

    await orders.start()
    await tickets.start()
    for number in (1, 2):
        await place(orders, orders_store, "ord_1", number)
    await all_settled(broker, orders, tickets)
    letters = await broker.dead_letters("tickets")

    assert taken == [2]
    (letter,) = letters
    assert letter.event is not None
    assert (letter.event.payload, letter.event_id) == ({"number": 1}, letter.event.id)
    assert (letter.event_type, letter.attempts) == ("order.placed", attempts)
    assert str(error) in letter.error

    broken = False
    assert await broker.replay("tickets", ["another"]) == 0
    assert await broker.replay("tickets") == 1
    await all_settled(broker, orders, tickets)

    assert taken == [2, 1]
    assert await broker.dead_letters() == []


async def test_an_older_event_that_comes_late_is_known_as_such(
    orders: ServiceEvents, tickets: ServiceEvents, orders_store: Database, tickets_store: Database
) -> None:
    first, second = [await place(orders, orders_store, "ord_1") for _ in range(2)]

    async def advance(event: Envelope) -> bool:
        async with tickets_store.transaction() as tx:
            return await tickets.consumer.inbox.advance(tx, event)

    assert [await advance(event) for event in (second, first, second)] == [True, False, False]


async def test_a_type_without_a_handler_goes_nowhere(
    orders: ServiceEvents, tickets: ServiceEvents, orders_store: Database, broker: AnyBroker
) -> None:
    taken = collect(tickets)
    await orders.start()
    await tickets.start()
    async with orders_store.transaction() as tx:
        event = await orders.outbox.add(tx, OrderAdmired(), aggregate_id="ord_1")
    await all_settled(broker, orders, tickets)
    await tickets.consumer.handle(event)

    assert taken == []


async def test_a_second_handler_for_a_type_is_refused(tickets: ServiceEvents) -> None:
    collect(tickets)
    with pytest.raises(ValueError, match="two handlers"):
        collect(tickets)


async def test_queues_outlive_the_process(
    brokers: Brokers, orders_store: Database, tickets_store: Database
) -> None:
    async with await brokers.open() as broker:
        tickets = ServiceEvents("tickets", tickets_store, broker)
        collect(tickets)
        await tickets.start_consuming()
        await tickets.close()
        orders = ServiceEvents("orders", orders_store, broker)
        orders.start_publishing()
        events = [await place(orders, orders_store, "ord_1", number) for number in range(3)]
        await orders.relay.flushed()
        await orders.close()

    async with await brokers.open() as broker:
        tickets = ServiceEvents("tickets", tickets_store, broker)
        taken = collect(tickets)
        await tickets.start_consuming()
        await broker.settled()
        await tickets.close()

    assert taken == events


async def test_a_queue_longer_than_memory_is_taken_whole(broker: AnyBroker) -> None:
    taken: list[int] = []

    async def take(event: Envelope) -> None:
        taken.append(event.aggregate_version)

    events = [_event(f"ord_{number % 3}", number) for number in range(1500)]
    await broker.consume("tickets", ["order.placed"], take)
    await asyncio.gather(*(broker.publish(events[start : start + 100]) for start in range(0, 1500, 100)))
    await broker.settled()

    assert sorted(taken) == list(range(1500))


async def test_another_process_may_publish_into_the_queue(
    brokers: Brokers,
    tickets: ServiceEvents,
    broker: AnyBroker,
    orders: ServiceEvents,
    orders_store: Database,
) -> None:
    arrived = asyncio.Event()

    async def take(_: PlacedOrder, envelope: Envelope) -> None:
        arrived.set()

    tickets.consumer.on_outside_transaction(PlacedOrder, take)

    await tickets.start()
    event = await place(orders, orders_store, "ord_1")
    async with await brokers.open() as elsewhere:
        await elsewhere.publish([event])
        async with asyncio.timeout(5):
            await arrived.wait()


async def test_published_events_and_taken_ones_can_be_pruned(
    orders: ServiceEvents,
    tickets: ServiceEvents,
    orders_store: Database,
    tickets_store: Database,
    broker: AnyBroker,
) -> None:
    collect(tickets)
    await orders.start()
    await tickets.start()
    event = await place(orders, orders_store, "ord_1")
    await all_settled(broker, orders, tickets)
    later = event.occurred_at.replace(year=event.occurred_at.year + 1)
    await orders.prune()

    async with orders_store.transaction() as tx:
        assert await orders.outbox.prune(tx, event.occurred_at) == 0
        assert await orders.outbox.prune(tx, later) == 1
        assert await tx.scalar(select(func.count()).select_from(OUTBOX)) == 0
    async with tickets_store.transaction() as tx:
        assert await tickets.consumer.inbox.prune(tx, later) == 1
