"""What only the embedded broker does: retries that outlive the process, an orderly end, one consumer a
queue.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from marquee_subgraphs.kit.clock import FrozenClock
from marquee_subgraphs.kit.events import EmbeddedBroker, Envelope
from marquee_subgraphs.kit.events.retry import RetryPolicy

EVENT = Envelope(
    id="01J",
    type="order.placed",
    version=1,
    occurred_at=datetime(2026, 1, 15, tzinfo=UTC),
    producer="orders",
    aggregate_id="ord_1",
    aggregate_version=1,
    correlation_id="01J",
    causation_id=None,
    trace=None,
    payload={},
)


def test_pauses_grow_to_a_bound_and_end() -> None:
    policy = RetryPolicy(attempts=5, first_pause_seconds=1, factor=3, longest_pause_seconds=10)

    assert [policy.pause_seconds(failed) for failed in range(1, 6)] == [1, 3, 9, 10, None]


async def test_closing_does_not_wait_for_a_pause_and_a_restart_remembers_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    clock = FrozenClock()
    hourly = RetryPolicy(attempts=2, first_pause_seconds=3600)
    failed = asyncio.Event()

    async def fail(event: Envelope) -> None:
        failed.set()
        raise ConnectionError

    async with await EmbeddedBroker.open(tmp_path / "e.sqlite", clock=clock, retry=hourly) as broker:
        await broker.consume("tickets", ["order.placed"], fail)
        await broker.publish([EVENT])
        await failed.wait()

    clock.advance(timedelta(hours=1))
    async with await EmbeddedBroker.open(tmp_path / "e.sqlite", clock=clock, retry=hourly) as broker:
        await broker.consume("tickets", ["order.placed"], fail)
        await broker.settled()
        (letter,) = await broker.dead_letters()

    assert (letter.queue, letter.event, letter.attempts) == ("tickets", EVENT, 2)
    assert letter.error == "ConnectionError: "
    assert letter.died_at == clock.now()


def _of_order(number: int) -> Envelope:
    return Envelope.from_json(EVENT.to_json().replace("ord_1", f"ord_{number}").replace("01J", f"{number}"))


async def test_a_queue_that_is_bound_late_gets_what_is_kept_and_keeps_its_binding(tmp_path: Path) -> None:
    taken: list[str] = []

    async def take(event: Envelope) -> None:
        taken.append(event.id)

    async with await EmbeddedBroker.open(tmp_path / "e.sqlite") as broker:
        await broker.publish([_of_order(number) for number in range(3)])
        for _ in range(2):
            subscription = await broker.consume("tickets", ["order.placed"], take)
            await broker.settled()
            await subscription.close()
        await broker.publish([_of_order(3), _of_order(2)])
        await broker.consume("tickets", ["order.placed"], take)
        await broker.settled()

    assert sorted(taken[:3]) == ["0", "1", "2"]
    assert taken[3:] == ["3"]


async def test_only_events_that_every_queue_is_done_with_are_forgotten(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    taken: list[str] = []

    async def take(event: Envelope) -> None:
        if event.id == "1":
            raise ConnectionError
        taken.append(event.id)

    once = RetryPolicy(attempts=1)
    async with await EmbeddedBroker.open(tmp_path / "e.sqlite", retry=once) as broker:
        await broker.consume("tickets", ["order.placed"], take)
        await broker.publish([_of_order(number) for number in range(3)])
        await broker.settled()
        await broker.prune(datetime.now(UTC) + timedelta(days=1))
        await broker.publish([_of_order(number) for number in range(3)])
        await broker.settled()

        assert [letter.event_id for letter in await broker.dead_letters()] == ["1"]
    assert sorted(taken) == ["0", "0", "2", "2"]
