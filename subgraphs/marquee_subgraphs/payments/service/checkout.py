"""Checkout: starts the payment of an order and waits for its outcome.

An order has one live payment at a time, however many people pay it and however often.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import Final

from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.idempotency import Answered, fingerprint
from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.ids import new_id
from marquee_subgraphs.kit.money import Money
from marquee_subgraphs.kit.refusals import NotFound, Refusal
from marquee_subgraphs.kit.validation import InputCheck
from marquee_subgraphs.payments.adapters.provider import ProviderFault
from marquee_subgraphs.payments.domain.order import Order
from marquee_subgraphs.payments.domain.payment import EventKind, PaymentEvent, PaymentStatus, fold
from marquee_subgraphs.payments.domain.records import PaymentRecord
from marquee_subgraphs.payments.errors import CardDeclined, OrderNotPayable, PaymentUnknown
from marquee_subgraphs.payments.events.published import PaymentStarted
from marquee_subgraphs.payments.service.outcome import wait_until
from marquee_subgraphs.payments.service.resources import Resources
from marquee_subgraphs.payments.service.settlement import Settlement

_UNKNOWN_ORDER: Final = "There is no such order to pay. If it was placed just now, try again in a moment."
_PASSING: Final = frozenset({PaymentStatus.CREATED, PaymentStatus.AUTHORIZED})
"""States that end by themselves within moments."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    """A call of `payOrder`, checked for form; the same key in the same scope is the same attempt."""

    order_id: str
    payment_method: str
    scope: str
    key: str


class Checkout:
    """Starts payments and waits for their outcome."""

    def __init__(self, resources: Resources, settlement: Settlement) -> None:
        self._resources = resources
        self._store = resources.store
        self._database = resources.backend.database
        self._settlement = settlement

    async def pay(
        self, viewer: Viewer, *, order_id: str, payment_method: str, idempotency_key: str
    ) -> PaymentRecord:
        """Pay an order; return the payment as it is after a short wait, usually captured.

        While a payment of the order is under way, that one is returned and no other is started. Only a
        payment that waits for its customer (3-D Secure) is replaced when another card is chosen. Raises
        `InvalidInputs`, `OrderNotPayable`, `IdempotencyConflict`.
        """
        with InputCheck() as check:
            order_id = check.text("orderId", order_id, most=64)
            key = check.idempotency_key(idempotency_key)
            if not self._resources.methods.knows(payment_method):
                check.problem("paymentMethod", "is not a payment method")
        order = await self._await_order(order_id)
        if order is None or (order.user_id is not None and not viewer.is_user(order.user_id)):
            raise OrderNotPayable(_UNKNOWN_ORDER)
        attempt = _Attempt(order_id, payment_method, f"{viewer.user_id or order_id}:payOrder", key)
        return await self._outcome(await self._database.run(partial(self._start_once, attempt=attempt)))

    async def confirm(self, viewer: Viewer, payment_id: str) -> PaymentRecord:
        """Continue a payment whose customer has answered their bank; return it after a short wait.

        Raises `NotFound`, `PaymentUnknown`.
        """
        payment = await self._load(payment_id[:64])
        if payment is None or (payment.user_id is not None and not viewer.is_user(payment.user_id)):
            raise NotFound("There is no such payment.", ["input", "paymentId"])
        if payment.state.status is PaymentStatus.ACTION_REQUIRED:
            try:
                # Shielded: a client that hangs up must not stop a payment between two steps.
                await asyncio.shield(self._settlement.refresh(payment.id))
            except ProviderFault as error:
                raise PaymentUnknown("The bank does not answer. Try again in a moment.") from error
        return await self._outcome(payment.id)

    async def _await_order(self, order_id: str) -> Order | None:
        async def read() -> Order | None:
            async with self._database.read() as connection:
                return await self._store.orders.find(connection, order_id)

        # `order.placed` may still be on its way when a fast client pays.
        seconds = self._resources.timing.order_wait_seconds
        return await wait_until(
            self._resources.topics, order_id, read, lambda order: order is not None, seconds
        )

    async def _start_once(self, tx: Transaction, *, attempt: _Attempt) -> str:
        """Claim the key and the order and write the payment; return the id of the order's live payment."""
        slot = await self._resources.backend.idempotency.run(
            tx,
            key=attempt.key,
            scope=attempt.scope,
            fingerprint=fingerprint({"order_id": attempt.order_id, "payment_method": attempt.payment_method}),
        )
        if isinstance(slot, Answered):
            return str(slot.answer)
        order = await self._store.orders.find(tx, attempt.order_id, lock=True)
        if order is None:
            raise OrderNotPayable(_UNKNOWN_ORDER)
        live = None
        if order.live_payment_id is not None:
            live = await self._store.payments.find(tx, order.live_payment_id, lock=True)
        if live is not None and not await self._replace(tx, live, attempt.payment_method):
            payment_id = live.id
        else:
            payment_id = await self._start(tx, order, attempt.payment_method)
        await slot.store(tx, payment_id)
        return payment_id

    async def _replace(self, tx: Transaction, live: PaymentRecord, payment_method: str) -> bool:
        """Void the live payment if another card may take its place; False when it goes on.

        Raises `OrderNotPayable` when the order is paid by it.
        """
        if not live.state.is_open:
            raise OrderNotPayable("This order is paid already.")
        waits = live.state.status is PaymentStatus.ACTION_REQUIRED and not live.state.void_requested
        if not waits or live.payment_method == payment_method:
            return False
        now = self._resources.now()
        replaced = PaymentEvent(EventKind.VOID_REQUESTED, now, message="Another card was chosen.")
        await self._store.payments.record(tx, live, [replaced], due_at=now)
        tx.after_commit(partial(self._resources.payment_work.add, live.id))
        return True

    async def _start(self, tx: Transaction, order: Order, payment_method: str) -> str:
        now = self._resources.now()
        why_not = order.why_not_payable(now)
        if why_not is None and order.total.minor_units <= 0:
            why_not = "There is nothing to pay for this order."
        if why_not is not None:
            raise OrderNotPayable(why_not)
        started = PaymentEvent(EventKind.STARTED, now, amount=order.total)
        payment = self._new_payment(new_id("pay", now), order, payment_method, started)
        # The lease: a hold that ends in 20 s would be lost while the bank answers, so the order stays payable
        # for five minutes more, and `payment.started` asks tickets to keep the seats as long.
        lease_until = now + self._resources.timing.lease
        claimed = await self._store.orders.claim(
            tx,
            order.order_id,
            payment.id,
            instead_of=order.live_payment_id,
            until=max(order.payable_until, lease_until),
        )
        if not claimed:
            raise OrderNotPayable("This order is being paid by somebody else.")
        await self._store.payments.insert(tx, payment, started)
        event = PaymentStarted(payment_id=payment.id, order_id=payment.order_id, lease_until=lease_until)
        await self._resources.backend.outbox.add(tx, event, aggregate_id=payment.id)
        tx.after_commit(partial(self._resources.payment_work.add, payment.id))
        return payment.id

    def _new_payment(
        self, payment_id: str, order: Order, payment_method: str, started: PaymentEvent
    ) -> PaymentRecord:
        return PaymentRecord(
            id=payment_id,
            order_id=order.order_id,
            user_id=order.user_id,
            cinema_id=order.cinema_id,
            payment_method=payment_method,
            return_url=self._resources.return_url,
            state=fold([started]),
            reserved=Money.zero(order.total.currency),
            attempts=0,
        )

    async def _outcome(self, payment_id: str) -> PaymentRecord:
        payment = await wait_until(
            self._resources.topics,
            payment_id,
            partial(self._load, payment_id),
            lambda payment: payment is None or payment.state.status not in _PASSING,
            self._resources.timing.settle_wait_seconds,
        )
        if payment is None:
            raise LookupError(payment_id)
        return payment

    async def _load(self, payment_id: str) -> PaymentRecord | None:
        async with self._database.read() as connection:
            return await self._store.payments.find(connection, payment_id)


def refusal_of(payment: PaymentRecord) -> Refusal | None:
    """Return the refusal that a payment's state amounts to, for a mutation that returns the payment too."""
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
