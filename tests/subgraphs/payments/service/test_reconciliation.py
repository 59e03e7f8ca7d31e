"""Two replicas on one PostgreSQL look after the same payments at the same time: nothing happens twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import stripe

from marquee_subgraphs.kit.clock import FrozenClock
from marquee_subgraphs.kit.events import EmbeddedBroker
from marquee_subgraphs.payments.domain.payment import OPEN
from marquee_subgraphs.payments.domain.records import PaymentRecord
from marquee_subgraphs.payments.domain.timing import Timing
from marquee_subgraphs.payments.invariants import books_in, verify
from marquee_subgraphs.payments.service.refunds import RefundRequest
from tests.subgraphs.door import customer, staff
from tests.subgraphs.payments.conftest import Cinema
from tests.subgraphs.payments.lives import Life, start_life
from tests.subgraphs.payments.tickets import Tickets

TIMEOUT_CARD = "pm_card_timeout"
AT_ONCE = 12
HASTY = Timing(settle_wait_seconds=0.02)


class Switch(stripe.HTTPClient):
    """A line to the bank that can be off, and counts what goes over it."""

    name = "switch"

    def __init__(self, client: stripe.HTTPClient) -> None:
        super().__init__()
        self._client = client
        self.off = False
        self.calls: Counter[str] = Counter()

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        await asyncio.sleep(0)
        if self.off:
            raise stripe.APIConnectionError("off")  # type: ignore[no-untyped-call]  # theirs
        self.calls[headers.get("Idempotency-Key", "reads")] += 1
        answer: tuple[bytes, int, Mapping[str, str]] = await self._client.request_async(
            method, url, headers, post_data
        )
        await asyncio.sleep(0)
        return answer

    async def close_async(self) -> None:
        """Nothing is open."""


class Replicas:
    """Two processes with one store and one bank; the first alone hears events."""

    def __init__(
        self, lives: list[Life], switches: list[Switch], clock: FrozenClock, tickets: Tickets
    ) -> None:
        self.lives = lives
        self.switches = switches
        self.clock = clock
        self.tickets = tickets

    def turn(self, *, off: bool) -> None:
        """Cut both off from the bank, or join them again."""
        for switch in self.switches:
            switch.off = off

    async def look_after(self) -> None:
        """Both do what is due, at the same time, until nothing is."""
        while True:
            self.clock.advance(timedelta(minutes=6))
            due = await asyncio.gather(*[life.service.reconciliation.start_due_work() for life in self.lives])
            await asyncio.gather(*[life.service.idle() for life in self.lives])
            if due == [0, 0]:
                return

    async def pay(self, method: str = "pm_card_visa") -> PaymentRecord:
        """Place an order and pay it at the first replica."""
        order_id = await self.tickets.place(minutes=100_000)
        return await self.lives[0].service.checkout.pay(
            customer("usr_1"), order_id=order_id, payment_method=method, idempotency_key=f"key-{order_id}"
        )

    async def heard(self, name: str, payments: Sequence[PaymentRecord]) -> None:
        """Wait until tickets has heard this of each payment."""
        for payment in payments:
            await self.tickets.hears(name, partial(_is_of, payment.id))

    async def clean(self) -> None:
        """The invariants hold, and each fact was said once."""
        report = await verify(self.lives[0].service.database, books_in(self.lives[0].bank_file))
        assert [str(each) for each in report.invariants if not each.holds] == []
        said = Counter(
            (event.type, event.payload.get("refund_id") or event.payload["payment_id"])
            for event in self.tickets.heard
        )
        assert {fact: times for fact, times in said.items() if times > 1} == {}


def _is_of(payment_id: str, said: Mapping[str, Any]) -> bool:
    return bool(said["payment_id"] == payment_id)


@pytest.fixture
async def replicas(postgres_url: str, tmp_path: Path, clock: FrozenClock) -> AsyncIterator[Replicas]:
    broker = await EmbeddedBroker.open(tmp_path / "broker.sqlite", clock=clock)
    tickets = await Tickets.open(tmp_path / "tickets.sqlite", broker, clock)
    switches: list[Switch] = []

    def through(client: stripe.HTTPClient) -> stripe.HTTPClient:
        switches.append(Switch(client))
        return switches[-1]

    lives = [
        await start_life(
            tmp_path, broker, clock, HASTY, store_url=postgres_url, listens=listens, through=through
        )
        for listens in (True, False)
    ]
    yield Replicas(lives, switches, clock, tickets)
    for life in lives:
        await life.die()
    await tickets.close()
    await broker.close()


async def test_unknown_payments_are_found_out_once(replicas: Replicas) -> None:
    replicas.turn(off=True)
    payments = await asyncio.gather(*[replicas.pay() for _ in range(AT_ONCE)])
    await replicas.lives[0].service.idle()
    replicas.turn(off=False)
    await replicas.look_after()
    await replicas.heard("payment.captured", payments)
    await replicas.look_after()
    books = replicas.lives[0].bank.simulator.store.all_intents()
    assert [(row["received"], row["captures"]) for row in books] == [(4800, 1)] * AT_ONCE
    await replicas.clean()


async def test_captures_and_refunds_that_wait_are_made_once(replicas: Replicas) -> None:
    payments = await asyncio.gather(*[replicas.pay() for _ in range(AT_ONCE)])
    await replicas.lives[0].service.idle()
    await replicas.heard("payment.captured", payments)
    replicas.turn(off=True)
    for number, payment in enumerate(payments):
        await replicas.lives[0].service.refunds.refund(
            staff("refunds:write"),
            RefundRequest(
                payment_id=payment.id,
                amount=payment.state.amount.percent(25) if number % 2 else None,
                reason="The film tore.",
                idempotency_key=f"key-{payment.id}",
            ),
        )
    replicas.turn(off=False)
    await replicas.look_after()
    await replicas.heard("refund.completed", payments)
    await replicas.look_after()
    books = replicas.lives[0].bank.simulator.store.all_intents()
    assert sorted(row["refunded"] for row in books) == [1200] * (AT_ONCE // 2) + [4800] * (AT_ONCE // 2)
    await replicas.clean()


async def test_what_nobody_wants_is_let_go_once_while_webhooks_come_to_both(replicas: Replicas) -> None:
    replicas.tickets.answers = False
    payments = await asyncio.gather(*[replicas.pay() for _ in range(AT_ONCE)])
    await replicas.lives[0].service.idle()
    webhooks = replicas.lives[0].bank.simulator.store.due_webhooks()
    assert len(webhooks) == AT_ONCE
    for payment in payments:
        await replicas.tickets.close_order(payment.order_id)
    bodies = [(webhook.body, replicas.lives[0].bank.signed(webhook.body)) for webhook in webhooks]
    await asyncio.gather(
        *[life.webhooks.deliver(*each) for life in replicas.lives for each in bodies], replicas.look_after()
    )
    await replicas.heard("payment.voided", payments)
    await replicas.look_after()
    async with replicas.lives[0].service.database.read() as connection:
        found = await replicas.lives[0].service.resources.store.payments.find_many(
            connection, [payment.id for payment in payments]
        )
    assert not [each for each in found.values() if each.state.status in OPEN]
    await replicas.clean()


async def test_a_lost_answer_is_unknown_and_found_out(impatient_cinema: Cinema) -> None:
    cinema = impatient_cinema
    order_id = await cinema.tickets.place()
    payload = await cinema.pay(order_id, TIMEOUT_CARD)
    assert payload["payment"]["status"] == "UNKNOWN"
    assert [error["code"] for error in payload["errors"]] == ["PAYMENT_UNKNOWN"]

    other = await cinema.pay(order_id, "pm_card_visa", key="key-00000002")
    assert other["payment"]["id"] == payload["payment"]["id"], "no other payment before it is found out"

    cinema.clock.advance(timedelta(seconds=10))
    assert await cinema.service.reconciliation.start_due_work() == 1
    await cinema.tickets.hears("payment.captured")
    await cinema.service.idle()
    same = await cinema.pay(order_id, TIMEOUT_CARD)
    assert (same["payment"]["id"], same["payment"]["status"]) == (payload["payment"]["id"], "CAPTURED")
    assert same["errors"] == []
    [intent] = cinema.bank.store.all_intents()
    assert (intent["captures"], intent["received"]) == (1, 4800)


async def test_what_was_reserved_unknown_is_let_go_when_the_order_ends(impatient_cinema: Cinema) -> None:
    cinema = impatient_cinema
    order_id = await cinema.tickets.place()
    await cinema.pay(order_id, TIMEOUT_CARD)
    await cinema.tickets.close_order(order_id)
    await cinema.tickets.hears("payment.voided")
    assert [intent["status"] for intent in cinema.bank.store.all_intents()] == ["canceled"]
    assert "payment.authorized" not in cinema.tickets.names()
