"""Whatever order things come in: cards, answers lost or broken, webhooks late, twice, shuffled or never,
refunds, orders that end, a process killed in the midst. Afterwards every payment has come to its one end.

Each seed is one such story; a failing one is told again by its number.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import stripe
from sqlalchemy import text

from marquee_subgraphs.kit.clock import FrozenClock
from marquee_subgraphs.kit.events import EmbeddedBroker
from marquee_subgraphs.kit.refusals import Refusal
from marquee_subgraphs.payments.adapters.in_process import call
from marquee_subgraphs.payments.adapters.simulator.store import Webhook
from marquee_subgraphs.payments.domain.payment import OPEN, PAID
from marquee_subgraphs.payments.domain.records import PaymentRecord
from marquee_subgraphs.payments.domain.timing import Timing
from marquee_subgraphs.payments.invariants import books_in, verify
from marquee_subgraphs.payments.service.refunds import RefundRequest
from tests.subgraphs.door import customer, staff
from tests.subgraphs.payments.lives import Life, start_life
from tests.subgraphs.payments.tickets import Tickets

SEEDS = range(12)
ORDERS = 4
STEPS = 40
CARDS = (
    "pm_card_visa",
    "pm_card_visa",
    "pm_card_threeDSecureRequired",
    "pm_card_chargeDeclined",
    "pm_card_captureFails",
    "pm_card_refundFails",
)
HASTY = Timing(order_wait_seconds=1.0, settle_wait_seconds=0.01)


class Chance:
    """What one story is decided by."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.faulty = True

    def happens(self, share: float) -> bool:
        return self.faulty and self.random.random() < share


class BadLine(stripe.HTTPClient):
    """A line to the bank that loses requests and answers, and garbles some."""

    name = "bad line"

    def __init__(self, client: stripe.HTTPClient, chance: Chance) -> None:
        super().__init__()
        self._client = client
        self._chance = chance

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        await self._wait()
        if self._chance.happens(0.15):
            raise stripe.APIConnectionError("lost")  # type: ignore[no-untyped-call]  # theirs
        answer: tuple[bytes, int, Mapping[str, str]] = await self._client.request_async(
            method, url, headers, post_data
        )
        await self._wait()
        if self._chance.happens(0.15):
            raise stripe.APIConnectionError("lost")  # type: ignore[no-untyped-call]  # theirs
        if self._chance.happens(0.1):
            return self._chance.random.choice([b"<html>", b"{}", b""]), 200, {}
        if self._chance.happens(0.1):
            return b'{"error": {"type": "api_error"}}', self._chance.random.choice([429, 500, 503]), {}
        return answer

    async def _wait(self) -> None:
        for _ in range(self._chance.random.randrange(4)):
            await asyncio.sleep(0)

    async def close_async(self) -> None:
        """Nothing is open."""


class Story:
    """One process at a time, its customers, its bank, and tickets."""

    def __init__(self, folder: Path, broker: EmbeddedBroker, clock: FrozenClock, tickets: Tickets) -> None:
        self.folder = folder
        self.broker = broker
        self.clock = clock
        self.tickets = tickets
        self.chance = Chance(0)
        self.orders: list[str] = []
        self.letters: list[Webhook] = []
        self._asked: list[asyncio.Task[None]] = []
        self._life: Life | None = None

    @property
    def life(self) -> Life:
        assert self._life is not None
        return self._life

    async def start(self) -> None:
        """Start the process."""
        self._life = await start_life(
            self.folder,
            self.broker,
            self.clock,
            HASTY,
            through=lambda client: BadLine(client, self.chance),
        )

    async def die(self) -> None:
        """Drop everything where it is."""
        for task in self._asked:
            task.cancel()
        await asyncio.gather(*self._asked, return_exceptions=True)
        self._asked.clear()
        await self.life.die()

    def ask(self, work: Callable[[], Awaitable[object]]) -> None:
        """Somebody asks, and does not wait; no is an answer, and so is silence."""

        async def asked() -> None:
            with contextlib.suppress(Refusal):
                await work()

        self._asked.append(asyncio.create_task(asked()))

    async def step(self) -> None:
        """One thing happens."""
        chance, choose = self.chance.random, self.chance.random.choice
        match chance.choice(
            [*["pay", "webhook", "refund"] * 3, *["3ds", "events", "look"] * 2, "close", "die"]
        ):
            case "pay":
                key = f"key-{chance.randrange(4):08}"
                self.ask(partial(self._pay, choose(self.orders), choose(CARDS), key))
            case "webhook":
                await self._bring_webhook()
            case "3ds":
                await self.answer_bank(choose(["authorise", "refuse"]))
            case "close" if chance.random() < 0.5:
                await self.tickets.close_order(choose(self.orders))
            case "refund" if payments := await self.all_payments():
                payment = choose(payments)
                self.ask(
                    partial(
                        self.life.service.refunds.refund,
                        staff("refunds:write"),
                        RefundRequest(
                            payment_id=payment.id,
                            amount=choose([None, payment.state.amount.percent(25)]),
                            reason="The film tore.",
                            idempotency_key=f"key-{chance.randrange(4):08}",
                        ),
                    )
                )
            case "events":
                await self.broker.settled()
            case "look":
                self.clock.advance(timedelta(seconds=chance.choice([1, 5, 60])))
                await self.life.service.reconciliation.start_due_work()
            case "die" if chance.random() < 0.5:
                await self.die()
                await self.start()
            case _:
                pass
        for _ in range(chance.randrange(12)):
            await asyncio.sleep(0)

    async def _pay(self, order_id: str, card: str, key: str) -> PaymentRecord:
        return await self.life.service.checkout.pay(
            customer("usr_1"), order_id=order_id, payment_method=card, idempotency_key=key
        )

    async def _bring_webhook(self) -> None:
        """Some message of the bank, any of those sent so far: early, late, again; or it is lost."""
        books = self.life.bank.simulator.store
        for webhook in books.due_webhooks():
            books.settle_webhook(webhook, delivered=True, retry_seconds=0)
            if not self.chance.happens(0.2):
                self.letters.append(webhook)
        if self.letters:
            letter = self.chance.random.choice(self.letters)
            signature = self.life.bank.signed(letter.body)
            assert await self.life.webhooks.deliver(letter.body, signature) in (200, 503)

    async def answer_bank(self, decision: str) -> None:
        """The customer of some 3-D Secure payment answers their bank."""
        simulator = self.life.bank.simulator
        waiting = [row["id"] for row in simulator.store.all_intents() if row["status"] == "requires_action"]
        if waiting:
            form = {"content-type": "application/x-www-form-urlencoded"}
            page = f"http://bank.test/bank/3ds/{self.chance.random.choice(waiting)}"
            await call(simulator.app, "POST", page, form, f"decision={decision}".encode())

    async def end(self) -> None:
        """Everything works again, no webhook comes any more, and what is due is looked after."""
        self.chance.faulty = False
        await asyncio.gather(*self._asked)
        for _ in range(100):
            await self.answer_bank("authorise")
            await self.broker.settled()
            await self.life.service.idle()
            self.clock.advance(timedelta(minutes=6))
            if not await self.life.service.reconciliation.start_due_work() and not await self.open_payments():
                await self.life.service.idle()
                await self.broker.settled()
                return
        raise AssertionError(f"does not come to rest: {await self.open_payments()}")

    async def all_payments(self) -> list[PaymentRecord]:
        service = self.life.service
        async with service.database.read() as connection:
            rows = await connection.scalars(PAYMENT_IDS)
            return list((await service.resources.store.payments.find_many(connection, rows)).values())

    async def open_payments(self) -> list[PaymentRecord]:
        return [payment for payment in await self.all_payments() if payment.state.status in OPEN]


PAYMENT_IDS = text("SELECT id FROM payments")


@pytest.fixture
async def story(tmp_path: Path, clock: FrozenClock) -> AsyncIterator[Story]:
    broker = await EmbeddedBroker.open(tmp_path / "broker.sqlite", clock=clock)
    tickets = await Tickets.open(tmp_path / "tickets.sqlite", broker, clock)
    story = Story(tmp_path, broker, clock, tickets)
    await story.start()
    yield story
    await story.die()
    await tickets.close()
    await broker.close()


@pytest.mark.parametrize("seed", SEEDS)
async def test_every_payment_comes_to_its_one_end(story: Story, seed: int) -> None:
    story.chance.random.seed(seed)
    story.orders = [await story.tickets.place(minutes=1000) for _ in range(ORDERS)]
    for _ in range(STEPS):
        await story.step()
    await story.end()

    report = await verify(story.life.service.database, books_in(story.life.bank_file))
    assert [str(each) for each in report.invariants if not each.holds] == []
    books = story.life.bank.simulator.store.all_intents()
    assert {row["status"] for row in books} <= {"succeeded", "canceled", "requires_payment_method"}
    for order_id in story.orders:
        paid = [
            payment
            for payment in await story.all_payments()
            if payment.order_id == order_id and payment.state.status in PAID
        ]
        assert sum(payment.state.captured > payment.state.refunded for payment in paid) <= 1
    said = [
        (event.type, event.payload["payment_id"])
        for event in story.tickets.heard
        if event.type in ("payment.authorized", "payment.captured", "payment.failed", "payment.voided")
    ]
    assert len(said) == len(set(said))
