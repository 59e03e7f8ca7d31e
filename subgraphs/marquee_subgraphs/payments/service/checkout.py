"""Paying an order, and going on after the bank has asked its customer. One live payment an order,
whoever asks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from marquee_subgraphs.kit.clock import Clock
from marquee_subgraphs.kit.database import Database, Transaction
from marquee_subgraphs.kit.idempotency import Answered, Idempotency, fingerprint
from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.ids import new_id
from marquee_subgraphs.kit.live import Topics
from marquee_subgraphs.kit.refusals import NotFound, Refusal
from marquee_subgraphs.kit.validation import InputCheck
from marquee_subgraphs.payments.adapters.methods import PaymentMethods
from marquee_subgraphs.payments.adapters.provider import ProviderFault
from marquee_subgraphs.payments.domain.order import Order
from marquee_subgraphs.payments.domain.payment import EventKind, PaymentEvent, PaymentStatus, fold
from marquee_subgraphs.payments.domain.records import PaymentRecord
from marquee_subgraphs.payments.domain.timing import Timing
from marquee_subgraphs.payments.errors import CardDeclined, OrderNotPayable, PaymentUnknown
from marquee_subgraphs.payments.events import PaymentEvents
from marquee_subgraphs.payments.service.condition import wait_until
from marquee_subgraphs.payments.service.settlement import Settlement
from marquee_subgraphs.payments.store import OrderStore, PaymentStore

_UNKNOWN_ORDER = "There is no such order to pay. If it was placed just now, try again in a moment."
_MOVING = frozenset({PaymentStatus.CREATED, PaymentStatus.AUTHORIZED})
"""States that pass by themselves within moments."""


@dataclass(frozen=True, slots=True, eq=False)
class Checkout:
    """Starts payments and waits for their outcome."""

    database: Database
    orders: OrderStore
    payments: PaymentStore
    events: PaymentEvents
    idempotency: Idempotency
    settlement: Settlement
    methods: PaymentMethods
    topics: Topics[None]
    clock: Clock
    timing: Timing
    return_url: str
    """Where the bank sends its customer afterwards."""
    wake_payment: Callable[[str], None]

    async def pay(
        self, viewer: Viewer, *, order_id: str, payment_method: str, idempotency_key: str
    ) -> PaymentRecord:
        """Pay an order; answers the payment as far as it has come.

        While a payment of the order is under way, that one is answered and no other begun; only a payment
        that waits for its customer gives way to another card. Raises `InvalidInputs`, `OrderNotPayable`,
        `IdempotencyConflict`.
        """
        with InputCheck() as check:
            order_id = check.text("orderId", order_id, most=64)
            key = check.idempotency_key(idempotency_key)
            if not self.methods.knows(payment_method):
                check.problem("paymentMethod", "is not a payment method")
        order = await self._await_order(order_id)
        if order is None or (order.user_id is not None and not viewer.is_user(order.user_id)):
            raise OrderNotPayable(_UNKNOWN_ORDER)
        scope = f"{viewer.user_id or order_id}:payOrder"
        payment_id = await self.database.run(
            partial(self._begin, order_id=order_id, payment_method=payment_method, scope=scope, key=key)
        )
        return await self._outcome(payment_id)

    async def confirm(self, viewer: Viewer, payment_id: str) -> PaymentRecord:
        """Go on with a payment whose customer has answered their bank. Raises `NotFound`,
        `PaymentUnknown`.
        """
        payment = await self._load(payment_id[:64])
        if payment is None or (payment.user_id is not None and not viewer.is_user(payment.user_id)):
            raise NotFound("There is no such payment.", ["input", "paymentId"])
        if payment.state.status is PaymentStatus.ACTION_REQUIRED:
            try:
                await asyncio.shield(self.settlement.refresh(payment.id))
            except ProviderFault as error:
                raise PaymentUnknown("The bank does not answer. Try again in a moment.") from error
        return await self._outcome(payment.id)

    async def _await_order(self, order_id: str) -> Order | None:
        async def read() -> Order | None:
            async with self.database.read() as connection:
                return await self.orders.find(connection, order_id)

        return await wait_until(
            self.topics, order_id, read, lambda order: order is not None, self.timing.order_wait_seconds
        )

    async def _begin(
        self, tx: Transaction, *, order_id: str, payment_method: str, scope: str, key: str
    ) -> str:
        """Claim the key and the order, and write the payment down; answers the payment's id."""
        asked = fingerprint({"order_id": order_id, "payment_method": payment_method})
        slot = await self.idempotency.run(tx, key=key, scope=scope, fingerprint=asked)
        if isinstance(slot, Answered):
            return str(slot.answer)
        order = await self.orders.find(tx, order_id, lock=True)
        if order is None:
            raise OrderNotPayable(_UNKNOWN_ORDER)
        running = (
            await self.payments.find(tx, order.live_payment_id, lock=True) if order.live_payment_id else None
        )
        if running is not None and not await self._gives_way(tx, running, payment_method):
            payment_id = running.id
        else:
            payment_id = await self._write(tx, order, payment_method)
        await slot.store(tx, payment_id)
        return payment_id

    async def _gives_way(self, tx: Transaction, running: PaymentRecord, payment_method: str) -> bool:
        """Whether another card takes the place of this payment, which is then let go of.

        Raises `OrderNotPayable` when the order is paid by it.
        """
        if not running.state.is_open:
            raise OrderNotPayable("This order is paid already.")
        waits = running.state.status is PaymentStatus.ACTION_REQUIRED and not running.state.void_requested
        if not waits or running.payment_method == payment_method:
            return False
        now = self.clock.now()
        replaced = PaymentEvent(EventKind.VOID_REQUESTED, now, message="Another card was chosen.")
        await self.payments.record(tx, running, [replaced], due_at=now)
        tx.after_commit(partial(self.wake_payment, running.id))
        return True

    async def _write(self, tx: Transaction, order: Order, payment_method: str) -> str:
        now = self.clock.now()
        why_not = order.why_not_payable(now)
        if why_not is None and order.total.minor_units <= 0:
            why_not = "There is nothing to pay for this order."
        if why_not is not None:
            raise OrderNotPayable(why_not)
        lease_until = now + self.timing.lease
        payment_id = new_id("pay", now)
        started = PaymentEvent(EventKind.STARTED, now, minor=order.total.minor_units)
        payment = PaymentRecord(
            id=payment_id,
            order_id=order.order_id,
            user_id=order.user_id,
            cinema_id=order.cinema_id,
            currency=order.total.currency,
            payment_method=payment_method,
            return_url=self.return_url,
            state=fold([started]),
            reserved_minor=0,
            attempts=0,
        )
        if not await self.orders.claim(
            tx,
            order.order_id,
            payment_id,
            instead_of=order.live_payment_id,
            until=max(order.payable_until, lease_until),
        ):
            raise OrderNotPayable("This order is being paid by somebody else.")
        await self.payments.insert(tx, payment, started)
        await self.events.started(tx, payment, lease_until)
        tx.after_commit(partial(self.wake_payment, payment_id))
        return payment_id

    async def _outcome(self, payment_id: str) -> PaymentRecord:
        payment = await wait_until(
            self.topics,
            payment_id,
            partial(self._load, payment_id),
            lambda payment: payment is None or payment.state.status not in _MOVING,
            self.timing.settle_wait_seconds,
        )
        if payment is None:
            raise LookupError(payment_id)
        return payment

    async def _load(self, payment_id: str) -> PaymentRecord | None:
        async with self.database.read() as connection:
            return await self.payments.find(connection, payment_id)


def trouble_of(payment: PaymentRecord) -> Refusal | None:
    """What a payment's state says no to, for the errors of a mutation that answers the payment too."""
    state = payment.state
    match state.status:
        case PaymentStatus.FAILED:
            return CardDeclined(
                state.failure_message or "The card was declined.", state.failure_code or "card_declined"
            )
        case PaymentStatus.VOIDED:
            return OrderNotPayable("Nothing was charged: the order is over.")
        case PaymentStatus.UNKNOWN:
            return PaymentUnknown()
        case _:
            return None
