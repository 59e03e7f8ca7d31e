"""The process may die at any step: the next one ends every payment as captured, voided or refunded, once."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from marquee_subgraphs.kit.clock import FrozenClock
from marquee_subgraphs.kit.events import EmbeddedBroker
from marquee_subgraphs.payments.invariants import books_in, verify
from marquee_subgraphs.payments.service.outcome import wait_until
from marquee_subgraphs.payments.service.refunds import RefundRequest
from tests.subgraphs.door import customer, staff
from tests.subgraphs.payments.conftest import QUICK
from tests.subgraphs.payments.lives import Life, Moment, start_life
from tests.subgraphs.payments.tickets import Tickets


@dataclass(frozen=True, slots=True)
class World:
    """What outlives the process."""

    folder: Path
    broker: EmbeddedBroker
    clock: FrozenClock
    tickets: Tickets

    async def start(self, dies_at: tuple[str, Moment] | None = None) -> Life:
        return await start_life(self.folder, self.broker, self.clock, QUICK, dies_at=dies_at)


@pytest.fixture
async def world(tmp_path: Path, clock: FrozenClock) -> AsyncIterator[World]:
    broker = await EmbeddedBroker.open(tmp_path / "broker.sqlite", clock=clock)
    tickets = await Tickets.open(tmp_path / "tickets.sqlite", broker, clock)
    yield World(tmp_path, broker, clock, tickets)
    await tickets.close()
    await broker.close()


async def die_while(life: Life, work: asyncio.Task[object]) -> None:
    """Let the process die when it has got stuck where it should."""
    assert life.tripwire is not None
    async with asyncio.timeout(5):
        await life.tripwire.reached.wait()
    work.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await work
    await life.die()


async def void_requested(life: Life, payment_id: str) -> None:
    """Wait until payments has heard that the order is over."""

    async def read() -> bool:
        async with life.service.database.read() as connection:
            payment = await life.service.resources.store.payments.find(connection, payment_id)
        return payment is not None and (payment.state.void_requested or not payment.state.is_open)

    assert await wait_until(life.service.resources.topics, payment_id, read, bool, seconds=5)


async def rest(world: World, life: Life, heard: str) -> None:
    """Start looking after what is due, until `heard`."""
    world.clock.advance(timedelta(seconds=10))
    await life.service.reconciliation.start_due_work()
    await world.tickets.hears(heard)
    await life.service.idle()


def pay(life: Life, order_id: str) -> asyncio.Task[object]:
    """Begin to pay."""
    return asyncio.create_task(
        life.service.checkout.pay(
            customer("usr_1"),
            order_id=order_id,
            payment_method="pm_card_visa",
            idempotency_key="key-00000001",
        )
    )


@pytest.mark.parametrize("call", ["authorize", "capture"])
@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_payment_goes_on_to_its_capture(world: World, call: str, moment: Moment) -> None:
    life = await world.start((call, moment))
    order_id = await world.tickets.place()
    await die_while(life, pay(life, order_id))

    life = await world.start()
    await rest(world, life, "payment.captured")
    [intent] = life.bank.simulator.store.all_intents()
    assert (intent["status"], intent["captures"]) == ("succeeded", 1)
    assert world.tickets.names() == ["payment.started", "payment.authorized", "payment.captured"]
    payment = await pay(life, order_id)
    assert payment is not None
    await assert_clean(life)
    await life.die()


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_an_order_that_ended_meanwhile_gets_its_reservation_back(world: World, moment: Moment) -> None:
    life = await world.start(("authorize", moment))
    order_id = await world.tickets.place()
    await die_while(life, pay(life, order_id))
    await world.tickets.close_order(order_id)

    life = await world.start()
    started = await world.tickets.hears("payment.started")
    await void_requested(life, started["payment_id"])
    await rest(world, life, "payment.voided")
    assert [intent["status"] for intent in life.bank.simulator.store.all_intents()] == ["canceled"]
    assert "payment.authorized" not in world.tickets.names()
    await assert_clean(life)
    await life.die()


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_a_void_is_finished(world: World, moment: Moment) -> None:
    world.tickets.sells = False
    life = await world.start(("cancel", moment))
    await die_while(life, pay(life, await world.tickets.place()))

    life = await world.start()
    await rest(world, life, "payment.voided")
    assert [intent["status"] for intent in life.bank.simulator.store.all_intents()] == ["canceled"]
    await assert_clean(life)
    await life.die()


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("whole", [True, False])
async def test_a_refund_is_finished_once(world: World, moment: Moment, whole: bool) -> None:
    life = await world.start(("refund", moment))
    order_id = await world.tickets.place()
    payment = await life.service.checkout.pay(
        customer("usr_1"),
        order_id=order_id,
        payment_method="pm_card_visa",
        idempotency_key="key-00000001",
    )

    async def refund() -> object:
        return await life.service.refunds.refund(
            staff("refunds:write"),
            RefundRequest(
                payment_id=payment.id,
                amount=None if whole else payment.state.amount.percent(25),
                reason="The film tore.",
                idempotency_key="key-00000002",
            ),
        )

    await die_while(life, asyncio.create_task(refund()))
    life = await world.start()
    await rest(world, life, "refund.completed")
    completed = await world.tickets.hears("refund.completed")
    given = 4800 if whole else 1200
    assert completed["refunded_total"] == {"minor": given, "currency": "PEN"}
    assert completed["whole"] is whole
    assert completed["ticket_ids"] == (["tkt_1", "tkt_2"] if whole else [])
    [intent] = life.bank.simulator.store.all_intents()
    assert intent["refunded"] == given
    await assert_clean(life)
    await life.die()


async def assert_clean(life: Life) -> None:
    """Every invariant of payments holds."""
    report = await verify(life.service.database, books_in(life.bank_file))
    assert len(report.invariants) == 8
    assert [str(each) for each in report.invariants if not each.holds] == []
