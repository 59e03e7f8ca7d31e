"""Brings each payment to its end: takes the next step with the provider and writes down what it said,
until there is nothing to do or somebody else is awaited.

The checkout, events, webhooks and the reconciler all come here, and all ask the same question, so it does not
matter which comes first, twice or never. Never holds a transaction while the provider is asked.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, assert_never

from marquee_subgraphs.kit.clock import Clock
from marquee_subgraphs.kit.database import Database, Transaction
from marquee_subgraphs.kit.live import Topics
from marquee_subgraphs.payments.adapters.provider import (
    AuthorizationRequest,
    PaymentProvider,
    ProviderFault,
    ProviderRefused,
    ProviderUnanswered,
)
from marquee_subgraphs.payments.domain.intent import Intent, IntentStatus, facts_of, is_stray
from marquee_subgraphs.payments.domain.order import Order
from marquee_subgraphs.payments.domain.payment import UNDECIDED, EventKind, PaymentEvent, PaymentStatus
from marquee_subgraphs.payments.domain.records import PaymentRecord, RefundRecord
from marquee_subgraphs.payments.domain.refund import RefundStatus
from marquee_subgraphs.payments.domain.steps import Step, next_step
from marquee_subgraphs.payments.domain.timing import Timing
from marquee_subgraphs.payments.events import PaymentEvents
from marquee_subgraphs.payments.store import OrderStore, PaymentStore, RefundStore

_MOST_STEPS: Final = 12
"""More steps than any payment can need at once: beyond, something is wrong, and it rests until it is due."""

Facts = Callable[[PaymentRecord, Order], Sequence[PaymentEvent]]


@dataclass(frozen=True, slots=True)
class Settlement:
    """Drives payments."""

    database: Database
    orders: OrderStore
    payments: PaymentStore
    refunds: RefundStore
    events: PaymentEvents
    provider: PaymentProvider
    topics: Topics[None]
    clock: Clock
    timing: Timing
    logger: logging.Logger
    wake_refund: Callable[[str], None]

    async def drive(self, payment_id: str) -> None:
        """Take steps until the payment rests."""
        for _ in range(_MOST_STEPS):
            payment, order = await self._load(payment_id)
            if not await self._take(next_step(payment_id, payment.state, order), payment, order):
                return
        self.logger.error("payment %s does not come to rest", payment_id)

    async def refresh(self, payment_id: str) -> None:
        """Ask what is true of a payment now, write it down, and go on. Raises `ProviderFault`."""
        payment, _ = await self._load(payment_id)
        provider_id = payment.state.provider_id
        intent = (
            await self.provider.find(payment_id)
            if provider_id is None
            else await self.provider.retrieve(provider_id)
        )
        if intent is not None:
            if is_stray(payment.state, intent):
                await self.provider.cancel(payment_id, intent.provider_id)
            else:
                await self._learn(payment, intent)
        await self.drive(payment_id)

    async def look_after(self, payment_id: str) -> None:
        """Do what is due for a payment that nothing else has moved on."""
        payment, order = await self._load(payment_id)
        step = next_step(payment_id, payment.state, order)
        match step:
            case Step.AWAIT_CUSTOMER:
                await self._later(payment)
                await self.refresh(payment_id)
            case Step.AWAIT_SALE:
                async with self.database.transaction() as tx:
                    await self.payments.schedule(tx, payment_id, self.clock.now() + self.timing.sale_check)
            case Step.NOTHING:
                await self._let_rest(payment)
            case _:
                await self.drive(payment_id)

    async def _let_rest(self, payment: PaymentRecord) -> None:
        """Never look at it again, unless something was heard meanwhile: decided on what is true now."""
        async with self.database.transaction() as tx:
            order = await self.orders.find(tx, payment.order_id, lock=True)
            current = await self.payments.find(tx, payment.id, lock=True)
            if order is None or current is None:
                raise LookupError(payment.id)
            if next_step(payment.id, current.state, order) is Step.NOTHING:
                await self.payments.schedule(tx, payment.id, None)

    async def _take(self, step: Step, payment: PaymentRecord, order: Order) -> bool:
        """Take one step; False when the payment rests."""
        match step:
            case Step.AUTHORIZE:
                return await self._authorize(payment)
            case Step.CAPTURE:
                return await self._capture(payment)
            case Step.VOID:
                return await self._void(payment)
            case Step.RELEASE:
                return await self._release(payment)
            case Step.RETURN:
                await self._return(payment)
                return False
            case Step.AWAIT_CUSTOMER | Step.AWAIT_SALE | Step.NOTHING:
                return False
        assert_never(step)

    async def _authorize(self, payment: PaymentRecord) -> bool:
        try:
            intent = await self._ask_authorization(payment)
        except ProviderUnanswered:
            await self._write(payment, self._unanswered)
            await self._later(payment)
            return False
        except ProviderRefused as refusal:
            return await self._write(payment, self._failed(EventKind.DECLINED, refusal))
        return await self._believe(payment, intent)

    async def _ask_authorization(self, payment: PaymentRecord) -> Intent:
        if payment.state.status is PaymentStatus.UNKNOWN:
            found = await self.provider.find(payment.id)
            if found is not None:
                return found
        try:
            return await self.provider.authorize(_request(payment))
        except ProviderRefused:
            # Nothing may be called refused that was granted before.
            found = await self.provider.find(payment.id)
            if found is None:
                raise
            return found

    async def _capture(self, payment: PaymentRecord) -> bool:
        provider_id = _provider_id(payment)
        if payment.attempts >= self.timing.capture_attempts:
            return await self._give_up_capture(payment, provider_id)
        try:
            try:
                intent = await self.provider.capture(payment.id, provider_id)
            except ProviderRefused as refusal:
                intent = await self.provider.retrieve(provider_id)
                if intent.status is IntentStatus.REQUIRES_CAPTURE:
                    return await self._write(payment, self._failed(EventKind.CAPTURE_FAILED, refusal))
        except ProviderFault:
            await self._later(payment)
            return False
        return await self._believe(payment, intent)

    async def _give_up_capture(self, payment: PaymentRecord, provider_id: str) -> bool:
        """After many unanswered attempts: only a cancelled authorisation proves that nothing was taken."""
        try:
            intent = await self.provider.cancel(payment.id, provider_id)
        except ProviderFault:
            await self._later(payment)
            return False
        return await self._believe(payment, intent)

    async def _void(self, payment: PaymentRecord) -> bool:
        if not payment.state.void_requested:
            return await self._write(payment, self._void_requested)
        try:
            provider_id = payment.state.provider_id
            if provider_id is None:
                # Nobody can tell a request that never left from one on its way: use up its key.
                request = _request(payment)
                found = await self.provider.find(payment.id) or await self.provider.forestall(request)
                if found is None:  # it had arrived, and will be found in a moment
                    await self._later(payment)
                    return False
                provider_id = found.provider_id
            intent = await self.provider.cancel(payment.id, provider_id)
        except ProviderFault:
            await self._later(payment)
            return False
        return await self._believe(payment, intent)

    async def _release(self, payment: PaymentRecord) -> bool:
        try:
            await self.provider.cancel(payment.id, _provider_id(payment))
        except ProviderFault:
            await self._later(payment)
            return False
        return await self._write(payment, self._released)

    async def _return(self, payment: PaymentRecord) -> None:
        """Promise back all that is left. The refund's id follows from the payment's: it is promised once."""
        refund_id = f"rfd_{payment.id.removeprefix('pay_')}"
        now = self.clock.now()
        async with self.database.transaction() as tx:
            current = await self.payments.find(tx, payment.id, lock=True)
            known = await self.refunds.find(tx, refund_id, lock=True)
            if current is None or known is not None or current.left_to_refund.minor_units == 0:
                await self.payments.schedule(tx, payment.id, None)
                return
            amount = current.left_to_refund
            await self.payments.reserve(tx, payment.id, amount.minor_units)
            await self.refunds.put(
                tx,
                RefundRecord(
                    id=refund_id,
                    payment_id=payment.id,
                    order_id=payment.order_id,
                    amount=amount,
                    status=RefundStatus.PENDING,
                    reason="The order was not sold.",
                    requested_by=None,
                    whole=True,
                    ticket_ids=(),
                    provider_refund_id=None,
                    failure=None,
                    attempts=0,
                    created_at=now,
                    updated_at=now,
                ),
                due_at=now,
            )
            await self.payments.schedule(tx, payment.id, None)
            tx.after_commit(partial(self.wake_refund, refund_id))

    async def _believe(self, payment: PaymentRecord, intent: Intent) -> bool:
        """Write down what follows from the provider's word, or ask again later when nothing does."""
        if await self._learn(payment, intent):
            return True
        await self._later(payment)
        return False

    async def _learn(self, payment: PaymentRecord, intent: Intent) -> bool:
        """Write down what follows from the provider's word; False when nothing does."""

        def facts(current: PaymentRecord, order: Order) -> Sequence[PaymentEvent]:
            return facts_of(
                current.state,
                intent,
                sale_confirmed=order.is_sold_by(current.id),
                now=self.clock.now(),
            )

        return await self._write(payment, facts)

    async def _write(self, payment: PaymentRecord, facts: Facts) -> bool:
        """Decide on the state as it is now, append the facts and say them; False when there are none."""

        async def work(tx: Transaction) -> bool:
            order = await self.orders.find(tx, payment.order_id, lock=True)
            current = await self.payments.find(tx, payment.id, lock=True)
            if order is None or current is None:
                raise LookupError(payment.id)
            new = facts(current, order)
            if not new:
                return False
            await self._append(tx, current, order, new)
            return True

        return await self.database.run(work)

    async def _append(
        self, tx: Transaction, payment: PaymentRecord, order: Order, new: Sequence[PaymentEvent]
    ) -> None:
        now = self.clock.now()
        state = await self.payments.record(tx, payment, new, due_at=now + self.timing.look_again)
        for event in new:
            await self.events.happened(tx, payment, order, event)
        if state.status in {PaymentStatus.FAILED, PaymentStatus.VOIDED}:
            await self.orders.let_go(tx, order.order_id, payment.id)
        if next_step(payment.id, state, order) is Step.NOTHING:
            await self.payments.schedule(tx, payment.id, None)
        if state.status is PaymentStatus.CAPTURED:
            for refund_id in await self.refunds.pending_of(tx, payment.id):
                tx.after_commit(partial(self.wake_refund, refund_id))
        tx.after_commit(partial(self.topics.publish, payment.id, None))

    async def _later(self, payment: PaymentRecord) -> None:
        """Try again after a pause that grows."""
        due_at = self.clock.now() + self.timing.retry(payment.attempts)
        async with self.database.transaction() as tx:
            await self.payments.schedule(tx, payment.id, due_at, attempts=payment.attempts + 1)

    async def _load(self, payment_id: str) -> tuple[PaymentRecord, Order]:
        async with self.database.read() as connection:
            payment = await self.payments.find(connection, payment_id)
            order = await self.orders.find(connection, payment.order_id) if payment is not None else None
        if payment is None or order is None:
            raise LookupError(payment_id)
        return payment, order

    def _unanswered(self, payment: PaymentRecord, _: Order) -> Sequence[PaymentEvent]:
        if payment.state.status is not PaymentStatus.CREATED:
            return ()
        return [PaymentEvent(EventKind.UNANSWERED, self.clock.now())]

    def _void_requested(self, payment: PaymentRecord, order: Order) -> Sequence[PaymentEvent]:
        if next_step(payment.id, payment.state, order) is not Step.VOID or payment.state.void_requested:
            return ()
        return [PaymentEvent(EventKind.VOID_REQUESTED, self.clock.now(), message="The order is over.")]

    def _released(self, payment: PaymentRecord, _: Order) -> Sequence[PaymentEvent]:
        if not payment.state.capture_failed or payment.state.released:
            return ()
        return [PaymentEvent(EventKind.RELEASED, self.clock.now())]

    def _failed(self, kind: EventKind, refusal: ProviderRefused) -> Facts:
        awaited = UNDECIDED if kind is EventKind.DECLINED else {PaymentStatus.AUTHORIZED}

        def facts(payment: PaymentRecord, _: Order) -> Sequence[PaymentEvent]:
            if payment.state.status not in awaited:
                return ()
            return [PaymentEvent(kind, self.clock.now(), code=refusal.code, message=refusal.message)]

        return facts


def _request(payment: PaymentRecord) -> AuthorizationRequest:
    """The same request each time, so that the provider knows it by its key."""
    return AuthorizationRequest(
        payment_id=payment.id,
        order_id=payment.order_id,
        amount_minor=payment.state.amount_minor,
        currency=payment.currency.value,
        payment_method=payment.payment_method,
        return_url=payment.return_url,
    )


def _provider_id(payment: PaymentRecord) -> str:
    if payment.state.provider_id is None:
        raise LookupError(f"payment {payment.id} has no id at the provider")
    return payment.state.provider_id
