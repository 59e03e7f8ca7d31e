"""Any sequence of holds, orders, payments, refunds, scans and time, with events doubled and out of order.

After every step the invariants hold, and what has ended stays ended. Payments is played here: it answers
tickets' events with its own, which arrive whenever hypothesis likes, and as often.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Coroutine
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from marquee_subgraphs.kit.backend import Backend
from marquee_subgraphs.kit.clock import FrozenClock
from marquee_subgraphs.kit.database import Database
from marquee_subgraphs.kit.events import EmbeddedBroker, Envelope, ServiceEvents
from marquee_subgraphs.kit.ids import new_ulid
from marquee_subgraphs.kit.live import LocalTopics
from marquee_subgraphs.kit.money import Currency, Money
from marquee_subgraphs.kit.pagination import PageRequest
from marquee_subgraphs.kit.refusals import Refusal
from marquee_subgraphs.tickets.domain.codes import make_code
from marquee_subgraphs.tickets.domain.layout import SeatKind
from marquee_subgraphs.tickets.domain.orders import SOLD, Order, OrderStatus
from marquee_subgraphs.tickets.events.consumed import ScheduledSeat, ShowtimeCancelled, ShowtimeScheduled
from marquee_subgraphs.tickets.events.handlers import TicketHandlers
from marquee_subgraphs.tickets.invariants import verify
from marquee_subgraphs.tickets.migrations import HISTORY
from marquee_subgraphs.tickets.service import Resources, TicketService
from marquee_subgraphs.tickets.service.layouts import Layouts
from marquee_subgraphs.tickets.store import TicketsStore
from marquee_subgraphs.tickets.store.pages import TicketQuery
from tests.subgraphs.door import customer, staff
from tests.subgraphs.tickets.outbox import said

T = TypeVar("T")
KEY = b"k" * 32
SHOWTIME = "sht_1"
LABELS = [f"{row}{number}" for row in "AB" for number in range(1, 6)]
STAFF = staff("tickets:scan", "refunds:write")
buyers = st.sampled_from([customer(f"usr_{name}") for name in ("ana", "ben", "eva")])
index = st.integers(0, 30)


class Lifecycle(RuleBasedStateMachine):
    """A cinema with one showtime of ten seats and three customers who never rest."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = FrozenClock()
        self.tokens: list[tuple[Any, str]] = []
        self.orders: list[str] = []
        self.wire: list[Envelope] = []
        self.heard = 0
        self.ended: dict[str, OrderStatus] = {}
        self.captured: dict[str, int] = {}
        self.given_back: dict[str, int] = {}

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    @initialize()
    def open(self) -> None:
        self.run(self._open())

    async def _open(self) -> None:
        self.database = await Database.open(f"sqlite:///{Path(self.folder.name) / 't.sqlite'}", HISTORY)
        self.broker = await EmbeddedBroker.open(Path(self.folder.name) / "events.sqlite", clock=self.clock)
        events = ServiceEvents("tickets", self.database, self.broker, self.clock)
        backend = Backend.of(self.database, events, self.clock)
        store = TicketsStore()
        resources = Resources(backend, store, LocalTopics[int](), KEY, Layouts(store.showtimes))
        self.service = TicketService.of(resources)
        TicketHandlers(backend, self.service).register()
        self.consumer = backend.consumer
        starts_at = self.clock.now() + timedelta(hours=3)
        seats = [
            ScheduledSeat(
                label=label,
                row=label[0],
                number=int(label[1:]),
                kind=SeatKind.STANDARD,
                x=float(label[1:]),
                y=0.0,
                blocked=label == "B5",
            )
            for label in LABELS
        ]
        scheduled = ShowtimeScheduled(
            showtime_id=SHOWTIME,
            movie_id="x",
            movie_title="x",
            cinema_id="x",
            cinema_name="x",
            time_zone="America/Lima",
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=2),
            sales_close_at=starts_at,
            base_price=Money(2400, Currency.PEN),
            seats=tuple(seats),
        )
        async with self.database.transaction() as tx:
            await self.service.projections.schedule(tx, scheduled)

    def teardown(self) -> None:
        self.run(self.broker.close())
        self.run(self.database.close())
        self.runner.close()
        self.folder.cleanup()

    def attempt(self, work: Coroutine[Any, Any, T]) -> T | None:
        """Do it; a refusal is a fine answer, a fault is not."""
        try:
            return self.run(work)
        except Refusal:
            return None

    # What customers do

    @rule(viewer=buyers, first=st.integers(0, 9), count=st.integers(1, 4))
    def hold(self, viewer: Any, first: int, count: int) -> None:
        seat_ids = [f"{SHOWTIME}:{label}" for label in LABELS[first : first + count]]
        held = self.attempt(self.service.holds.hold(viewer, showtime_id=SHOWTIME, seat_ids=seat_ids))
        if held is not None:
            self.tokens.append((viewer, held.token))

    @precondition(lambda self: self.tokens)
    @rule(which=index)
    def order(self, which: int) -> None:
        viewer, token = self.tokens[which % len(self.tokens)]
        ordering = self.service.orders
        request = ordering.read_request(
            hold_token=token,
            email=None,
            locale=None,
            voucher=None,
            idempotency_key=new_ulid(self.clock.now()),
        )
        placed = self.attempt(ordering.place(viewer, request))
        if placed is not None:
            self.orders.append(placed.order.id)

    @precondition(lambda self: self.tokens)
    @rule(which=index, extend=st.booleans())
    def extend_or_release(self, which: int, extend: bool) -> None:
        viewer, token = self.tokens[which % len(self.tokens)]
        holding = self.service.holds
        work: Any = holding.extend if extend else holding.release
        self.attempt(work(viewer, hold_token=token))

    @precondition(lambda self: self.orders)
    @rule(which=index)
    def cancel(self, which: int) -> None:
        self.attempt(
            self.service.refunds.cancel(
                STAFF,
                order_id=self.orders[which % len(self.orders)],
                ticket_ids=None,
                access_token=None,
                reason="asked for",
                idempotency_key=new_ulid(self.clock.now()),
            )
        )

    # What payments does

    @precondition(lambda self: self.orders)
    @rule(which=index)
    def pay(self, which: int) -> None:
        order = self.read(self.orders[which % len(self.orders)])
        payment_id = f"pay_{new_ulid(self.clock.now())}"
        until = self.clock.now() + timedelta(minutes=5)
        self.say("payment.started", order, payment_id, lease_until=until.isoformat())
        self.say(
            "payment.authorized",
            order,
            payment_id,
            amount={"minor": order.total.minor_units, "currency": "PEN"},
        )

    @precondition(lambda self: self.orders)
    @rule(which=index)
    def staff_asks_for_a_refund(self, which: int) -> None:
        order = self.read(self.orders[which % len(self.orders)])
        if order.payment_id is not None:
            amount = {"minor": order.still_paid.minor_units, "currency": "PEN"}
            refund_id = f"rfd_{new_ulid(self.clock.now())}"
            self.say("refund.requested", order, order.payment_id, refund_id=refund_id, amount=amount)

    @rule(captures=st.booleans(), refunds=st.booleans())
    def answer(self, captures: bool, refunds: bool) -> None:
        """Payments answers what tickets said since: captures or fails to, voids, refunds or fails to."""
        events = self.run(said(self.database))
        news, self.heard = events[self.heard :], len(events)
        for event in news:
            payment_id = str(event.payload.get("payment_id"))
            if event.type == "order.confirmed":
                order = self.read(event.payload["order_id"])
                if captures:
                    self.captured[payment_id] = order.total.minor_units
                    self.say("payment.captured", order, payment_id, amount=event.payload["total"])
                else:
                    self.say("payment.failed", order, payment_id, stage="capture", message="gone")
            elif event.type == "order.sale_refused":
                self.say("payment.voided", self.read(event.payload["order_id"]), payment_id)
            elif event.type == "refund.approved":
                self.refund(event, refunds)

    def refund(self, event: Envelope, succeeds: bool) -> None:
        order = self.read(event.payload["order_id"])
        payment_id = event.payload["payment_id"]
        if not succeeds or payment_id not in self.captured:
            self.say("refund.failed", order, payment_id, refund_id=event.payload["refund_id"], reason="no")
            return
        total = self.given_back[payment_id] = (
            self.given_back.get(payment_id, 0) + event.payload["amount"]["minor"]
        )
        assert total <= self.captured[payment_id], "more is given back than was taken"
        refunded = {"minor": total, "currency": "PEN"}
        told = {name: event.payload[name] for name in ("refund_id", "amount", "ticket_ids")}
        self.say("refund.completed", order, payment_id, refunded_total=refunded, **told)

    def say(self, name: str, order: Order, payment_id: str, **payload: Any) -> None:
        now = self.clock.now()
        fields = {"order_id": order.id, "payment_id": payment_id, **payload}
        self.wire.append(
            Envelope(new_ulid(now), name, 1, now, "payments", payment_id, 1, "c", None, None, fields)
        )

    @precondition(lambda self: self.wire)
    @rule(which=index)
    def deliver(self, which: int) -> None:
        """Deliver any event that was ever sent: late, early, again."""
        self.run(self.consumer.handle(self.wire[which % len(self.wire)]))

    @rule(viewer=buyers, first=st.integers(0, 9), count=st.integers(1, 4), refunds=st.booleans())
    def buy(self, viewer: Any, first: int, count: int, refunds: bool) -> None:
        """The whole purchase as it goes on a good day, so that much happens after it."""
        before = len(self.orders)
        self.hold(viewer, first, count)
        if self.tokens:
            self.order(len(self.tokens) - 1)
        if len(self.orders) > before:
            self.pay(len(self.orders) - 1)
            self.settle(captures=True, refunds=refunds)

    @rule(captures=st.booleans(), refunds=st.booleans())
    def settle(self, captures: bool, refunds: bool) -> None:
        """Let both sides talk until neither has anything to say."""
        delivered = len(self.wire) - 2
        while delivered < len(self.wire):
            for event in self.wire[max(delivered, 0) :]:
                self.run(self.consumer.handle(event))
            delivered = len(self.wire)
            self.answer(captures, refunds)

    # What the house does

    @rule(minutes=st.sampled_from([1, 4, 10, 60]))
    def time_passes(self, minutes: int) -> None:
        self.clock.advance(timedelta(minutes=minutes))

    @rule()
    def sweep(self) -> None:
        self.run(self.service.expiry.sweep())

    @rule(which=index)
    def scan(self, which: int) -> None:
        tickets = self.run(self.service.queries.page_tickets(TicketQuery(), PageRequest(first=50))).rows
        if tickets:
            ticket = tickets[which % len(tickets)]
            code = make_code(KEY, ticket.id, SHOWTIME, ticket.code_version)
            nonce = new_ulid(self.clock.now())
            self.attempt(self.service.check_in.check_in(STAFF, qr_code=code, gate="north", nonce=nonce))

    @precondition(lambda self: len(self.orders) > 2)
    @rule()
    def showtime_is_cancelled(self) -> None:
        event = ShowtimeCancelled(showtime_id=SHOWTIME, reason="flood")

        async def cancel() -> None:
            async with self.database.transaction() as tx:
                await self.service.projections.cancel_showtime(tx, event)
            await self.service.cancellations.refund_all()

        self.run(cancel())

    def read(self, order_id: str) -> Order:
        return self.run(self.service.queries.orders([order_id]))[order_id]

    @invariant()
    def invariants_hold(self) -> None:
        broken = [str(found) for found in self.run(verify(self.database)) if not found.holds]
        assert broken == []

    @invariant()
    def what_has_ended_stays_ended(self) -> None:
        if not self.orders:
            return
        for order in self.run(self.service.queries.orders(self.orders)).values():
            status = order.status_at(self.clock.now())
            known = self.ended.get(order.id)
            # Expired is read from the clock before it is written; a lost sale may then say why it failed.
            assert known is None or known is status, f"{order.id} went from {known} to {status}"
            if status not in SOLD and status is not OrderStatus.PENDING_PAYMENT:
                self.ended[order.id] = status


Lifecycle.TestCase.settings = settings(
    max_examples=20,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TestLifecycle = Lifecycle.TestCase
