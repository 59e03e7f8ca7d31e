"""What subgraphs count: requests, transactions, events as they commit, are published, handled and die."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from marquee.business_metrics import count_business
from marquee_subgraphs.kit.clock import FrozenClock
from marquee_subgraphs.kit.database import Database
from marquee_subgraphs.kit.events import (
    EmbeddedBroker,
    Envelope,
    PoisonEvent,
    ServiceEvents,
    all_settled,
    current_trace,
)
from marquee_subgraphs.kit.telemetry import Telemetry, store_probe
from tests.subgraphs.kit.events.sample_events import OrderPlaced, PlacedOrder, SeatsSold, SoldSeats

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
OTHER_TRACE = "00-1af7651916cd43dd8448eb211c80319c-c7ad6b7169203331-01"


@pytest.fixture
def telemetry() -> Telemetry:
    return Telemetry()


@pytest.fixture
async def database(tmp_path: Path, telemetry: Telemetry) -> AsyncIterator[Database]:
    async with await Database.open(
        f"sqlite:///{tmp_path / 'shop.sqlite'}", observer=telemetry.of("shop")
    ) as opened:
        yield opened


@pytest.fixture
async def broker(tmp_path: Path, clock: FrozenClock) -> AsyncIterator[EmbeddedBroker]:
    async with await EmbeddedBroker.open(tmp_path / "events.sqlite", clock=clock) as opened:
        yield opened


@pytest.fixture
async def events(
    database: Database, broker: EmbeddedBroker, clock: FrozenClock, telemetry: Telemetry
) -> AsyncIterator[ServiceEvents]:
    service = ServiceEvents("shop", database, broker, clock, telemetry.of("shop"))
    yield service
    await service.close()


def value(registry: CollectorRegistry, name: str, **labels: str) -> float | None:
    return registry.get_sample_value(name, {"subgraph": "shop", **labels})


async def _add(database: Database, events: ServiceEvents) -> None:
    async with database.transaction() as tx:
        await events.outbox.add(tx, OrderPlaced(number=1), aggregate_id="ord_1")


async def test_only_what_commits_is_counted(
    database: Database, events: ServiceEvents, telemetry: Telemetry
) -> None:
    count_business(telemetry)

    async def fail() -> None:
        async with database.transaction() as tx:
            await events.outbox.add(tx, OrderPlaced(number=2), aggregate_id="ord_2")
            raise RuntimeError("no")

    await _add(database, events)
    with pytest.raises(RuntimeError, match="no"):
        await fail()
    registry = telemetry.registry
    assert value(registry, "marquee_events_recorded_total", type="order.placed") == 1
    assert registry.get_sample_value("marquee_orders_total", {"change": "placed"}) == 1
    assert value(registry, "marquee_transactions_total", outcome="rolled_back") == 1


async def test_money_is_counted_in_units_of_its_currency(telemetry: Telemetry, clock: FrozenClock) -> None:
    count_business(telemetry)
    event = Envelope(
        "evt_1", "payment.captured", 1, clock.now(), "payments", "pay_1", 1, "c", None, None,
        {"amount": {"minor": 4850, "currency": "PEN"}},
    )  # fmt: skip
    telemetry.of("payments").event_committed(event)
    assert telemetry.registry.get_sample_value("marquee_revenue_captured_total", {"currency": "PEN"}) == 48.5


async def test_events_are_counted_from_the_outbox_to_their_end(
    database: Database, broker: EmbeddedBroker, events: ServiceEvents, telemetry: Telemetry
) -> None:
    async def take(_: PlacedOrder, envelope: Envelope) -> None:
        return None

    async def refuse(_: SoldSeats, envelope: Envelope) -> None:
        raise PoisonEvent("never")

    events.consumer.on_outside_transaction(PlacedOrder, take)
    events.consumer.on_outside_transaction(SoldSeats, refuse)

    await events.start()
    await _add(database, events)
    async with database.transaction() as tx:
        await events.outbox.add(tx, SeatsSold(number=2), aggregate_id="ord_2")
    await all_settled(broker, events)
    registry = telemetry.registry
    assert value(registry, "marquee_events_published_total", type="order.placed") == 1
    assert value(registry, "marquee_events_handled_total", type="order.placed", outcome="done") == 1
    assert value(registry, "marquee_events_handled_total", type="seats.sold", outcome="poison") == 1
    assert value(registry, "marquee_events_dead_total", type="seats.sold") == 1
    assert value(registry, "marquee_event_lag_seconds_count") == 1


async def test_a_scrape_tells_how_long_an_event_waits(
    database: Database, events: ServiceEvents, telemetry: Telemetry, clock: FrozenClock
) -> None:
    telemetry.add_probe(store_probe(telemetry.of("shop"), database, clock))
    await _add(database, events)
    clock.advance(timedelta(seconds=30))
    text = (await telemetry.exposition()).decode()
    assert 'marquee_outbox_events{subgraph="shop"} 1.0' in text
    assert 'marquee_outbox_oldest_seconds{subgraph="shop"} 30.0' in text
    assert 'marquee_sql_connections_in_use{subgraph="shop"} 0.0' in text


async def test_a_figure_that_cannot_be_read_does_not_take_the_others_with_it(telemetry: Telemetry) -> None:
    async def broken() -> None:
        raise ConnectionRefusedError

    ends = telemetry.add_probe(broken)
    assert b"marquee_requests" in await telemetry.exposition()
    ends()


async def test_what_follows_a_commit_runs_in_the_context_of_its_own_transaction(database: Database) -> None:
    """Several transactions commit as one group: each callback must still see its own trace."""
    seen: dict[str, str | None] = {}

    async def write(trace: str) -> None:
        current_trace.set(trace)
        async with database.transaction() as tx:
            tx.after_commit(lambda: seen.__setitem__(trace, current_trace.get()))

    await asyncio.gather(write(TRACE), write(OTHER_TRACE))
    assert seen == {TRACE: TRACE, OTHER_TRACE: OTHER_TRACE}
