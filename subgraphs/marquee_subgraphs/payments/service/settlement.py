"""Settlement: brings each payment to its end, one step at a time.

    read payment and order ──> `next_step` ──> ask the provider ──> write the facts ──> again, until it rests

The checkout, the events, the webhooks and the reconciliation all start the same loop, and the next step is
decided on what the store says at that moment. So it does not matter which of them comes first, twice or
never. The provider must never be asked inside a transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Final, assert_never

from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.payments.adapters.provider import (
    AuthorizationRequest,
    ProviderFault,
    ProviderRefused,
    ProviderUnanswered,
)
from marquee_subgraphs.payments.domain import facts as facts_about
from marquee_subgraphs.payments.domain.intent import Intent, IntentStatus, facts_of, is_stray
from marquee_subgraphs.payments.domain.order import Order
from marquee_subgraphs.payments.domain.payment import PaymentEvent, PaymentStatus
from marquee_subgraphs.payments.domain.records import PaymentRecord
from marquee_subgraphs.payments.domain.steps import Step, next_step
from marquee_subgraphs.payments.events.published import event_of
from marquee_subgraphs.payments.service.refunds import Refunds
from marquee_subgraphs.payments.service.resources import Resources

_MOST_STEPS: Final = 12
"""No payment needs as many steps at once. After so many it waits until it is due, and an error is logged."""

Facts = Callable[[PaymentRecord, Order, datetime], Sequence[PaymentEvent]]
"""Returns the facts to append, given payment and order as they are inside the transaction, and the time."""


class Settlement:
    """Takes the steps of payments."""

    def __init__(self, resources: Resources, refunds: Refunds) -> None:
        self._resources = resources
        self._database = resources.backend.database
        self._store = resources.store
        self._provider = resources.provider
        self._refunds = refunds

    async def drive(self, payment_id: str) -> None:
        """Take steps until the payment rests: it ended, or waits for the customer, for tickets or for its
        next attempt. Raises `LookupError` for an unknown payment.
        """
        for _ in range(_MOST_STEPS):
            payment, order = await self._load(payment_id)
            if not await self._take(next_step(payment_id, payment.state, order), payment, order):
                return
        self._resources.logger.error("payment %s does not come to rest", payment_id)

    async def refresh(self, payment_id: str) -> None:
        """Ask the provider what is true of a payment now, write it, and go on. Raises `ProviderFault`."""
        payment, _ = await self._load(payment_id)
        provider_id = payment.state.provider_id
        intent = (
            await self._provider.find(payment_id)
            if provider_id is None
            else await self._provider.retrieve(provider_id)
        )
        if intent is not None:
            if is_stray(payment.state, intent):
                await self._provider.cancel(payment_id, intent.provider_id)
            else:
                await self._write_intent(payment, intent)
        await self.drive(payment_id)

    async def resume(self, payment_id: str) -> None:
        """Do what is due for a payment; its work queue calls this. Raises `LookupError`, `ProviderFault`."""
        payment, order = await self._load(payment_id)
        match next_step(payment_id, payment.state, order):
            case Step.AWAIT_CUSTOMER:
                # The webhook about the customer's answer may have been lost: ask.
                await self._retry_later(payment)
                await self.refresh(payment_id)
            case Step.AWAIT_SALE:
                due_at = self._resources.now() + self._resources.timing.sale_check
                async with self._database.transaction() as tx:
                    await self._store.payments.schedule(tx, payment_id, due_at)
            case Step.NOTHING:
                await self._stop_looking(payment)
            case _:
                await self.drive(payment_id)

    async def _stop_looking(self, payment: PaymentRecord) -> None:
        """Take a payment that needs nothing off the schedule."""
        async with self._database.transaction() as tx:
            order, current = await self._lock(tx, payment)
            # Between the read and this lock `order.confirmed` may have been handled, and scheduled a capture.
            if next_step(payment.id, current.state, order) is Step.NOTHING:
                await self._store.payments.schedule(tx, payment.id, None)

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
                await self._database.run(partial(self._refunds.return_unsold, payment=payment))
                return False
            case Step.AWAIT_CUSTOMER | Step.AWAIT_SALE | Step.NOTHING:
                return False
        assert_never(step)

    async def _authorize(self, payment: PaymentRecord) -> bool:
        try:
            intent = await self._ask_authorization(payment)
        except ProviderUnanswered:
            await self._write(payment, lambda current, _, now: facts_about.unanswered(current.state, now))
            await self._retry_later(payment)
            return False
        except ProviderRefused as refused:
            code, message = refused.code, refused.message
            return await self._write(
                payment,
                lambda current, _, now: facts_about.declined(current.state, code, message, now),
            )
        return await self._believe(payment, intent)

    async def _ask_authorization(self, payment: PaymentRecord) -> Intent:
        if payment.state.status is PaymentStatus.UNKNOWN:
            # The first request may have arrived although its answer did not: look before asking again.
            found = await self._provider.find(payment.id)
            if found is not None:
                return found
        try:
            return await self._provider.authorize(_request(payment))
        except ProviderRefused:
            # The refusal may be about the repetition (say, the key has expired at the provider) while the
            # first request was granted. Only what `find` says counts.
            found = await self._provider.find(payment.id)
            if found is None:
                raise
            return found

    async def _capture(self, payment: PaymentRecord) -> bool:
        provider_id = _provider_id(payment)
        if payment.attempts >= self._resources.timing.capture_attempts:
            # Silence does not say that nothing was taken. Only a cancelled authorisation proves it, so the
            # sale is given up through `cancel`; when the money was taken after all, `cancel` says so.
            return await self._cancel(payment, provider_id)
        try:
            try:
                intent = await self._provider.capture(payment.id, provider_id)
            except ProviderRefused as refused:
                code, message = refused.code, refused.message
                intent = await self._provider.retrieve(provider_id)
                if intent.status is IntentStatus.REQUIRES_CAPTURE:
                    return await self._write(
                        payment,
                        lambda current, _, now: facts_about.capture_failed(current.state, code, message, now),
                    )
        except ProviderFault:
            await self._retry_later(payment)
            return False
        return await self._believe(payment, intent)

    async def _void(self, payment: PaymentRecord) -> bool:
        if not payment.state.void_requested:
            return await self._write(
                payment,
                lambda current, order, now: facts_about.void_requested(current.id, current.state, order, now),
            )
        if payment.state.provider_id is not None:
            return await self._cancel(payment, payment.state.provider_id)
        try:
            # The request to authorise may still be on its way, and would reserve the money after this void.
            # `forestall` uses up its idempotency key with an unconfirmed intent: whichever of the two
            # arrives first excludes the other.
            found = await self._provider.find(payment.id) or await self._provider.forestall(_request(payment))
        except ProviderFault:
            found = None
        if found is None:  # no answer, or the request arrived first and `find` does not know it yet
            await self._retry_later(payment)
            return False
        return await self._cancel(payment, found.provider_id)

    async def _cancel(self, payment: PaymentRecord, provider_id: str) -> bool:
        try:
            intent = await self._provider.cancel(payment.id, provider_id)
        except ProviderFault:
            await self._retry_later(payment)
            return False
        return await self._believe(payment, intent)

    async def _release(self, payment: PaymentRecord) -> bool:
        try:
            await self._provider.cancel(payment.id, _provider_id(payment))
        except ProviderFault:
            await self._retry_later(payment)
            return False
        return await self._write(payment, lambda current, _, now: facts_about.released(current.state, now))

    async def _believe(self, payment: PaymentRecord, intent: Intent) -> bool:
        """Write down what follows from the provider's answer, or ask again later when nothing does."""
        if await self._write_intent(payment, intent):
            return True
        await self._retry_later(payment)
        return False

    async def _write_intent(self, payment: PaymentRecord, intent: Intent) -> bool:
        """Write down what follows from the provider's answer; False when nothing does."""

        def facts(current: PaymentRecord, order: Order, now: datetime) -> Sequence[PaymentEvent]:
            return facts_of(current.state, intent, sale_confirmed=order.is_sold_by(current.id), now=now)

        return await self._write(payment, facts)

    async def _write(self, payment: PaymentRecord, facts: Facts) -> bool:
        """Append the facts that hold inside the transaction and publish them; False when there are none."""

        async def work(tx: Transaction) -> bool:
            order, current = await self._lock(tx, payment)
            new = facts(current, order, self._resources.now())
            if new:
                await self._append(tx, current, order, new)
            return bool(new)

        return await self._database.run(work)

    async def _append(
        self, tx: Transaction, payment: PaymentRecord, order: Order, new: Sequence[PaymentEvent]
    ) -> None:
        store, resources = self._store, self._resources
        # Due from the moment it is written: when the process dies before the next step, another finds it.
        due_at = resources.now() + resources.timing.look_again
        state = await store.payments.record(tx, payment, new, due_at=due_at)
        for fact in new:
            event = event_of(payment, order, fact)
            if event is not None:
                await resources.backend.outbox.add(tx, event, aggregate_id=payment.id)
        if state.status in {PaymentStatus.FAILED, PaymentStatus.VOIDED}:
            await store.orders.release(tx, order.order_id, payment.id)
        if next_step(payment.id, state, order) is Step.NOTHING:
            await store.payments.schedule(tx, payment.id, None)
        if state.status is PaymentStatus.CAPTURED:
            # A refund that was approved before the capture has waited for the money.
            for refund_id in await store.refunds.pending_of(tx, payment.id):
                tx.after_commit(partial(resources.refund_work.add, refund_id))
        resources.notify(tx, payment.id)

    async def _retry_later(self, payment: PaymentRecord) -> None:
        """Schedule the next attempt after a pause that doubles: 1 s, 2 s, 4 s … 5 min."""
        due_at = self._resources.now() + self._resources.timing.retry(payment.attempts)
        async with self._database.transaction() as tx:
            await self._store.payments.schedule(tx, payment.id, due_at, attempts=payment.attempts + 1)

    async def _lock(self, tx: Transaction, payment: PaymentRecord) -> tuple[Order, PaymentRecord]:
        # Orders before payments, in every transaction: two of them cannot wait for each other.
        order = await self._store.orders.find(tx, payment.order_id, lock=True)
        current = await self._store.payments.find(tx, payment.id, lock=True)
        if order is None or current is None:
            raise LookupError(payment.id)
        return order, current

    async def _load(self, payment_id: str) -> tuple[PaymentRecord, Order]:
        async with self._database.read() as connection:
            payment = await self._store.payments.find(connection, payment_id)
            order = await self._store.orders.find(connection, payment.order_id) if payment else None
        if payment is None or order is None:
            raise LookupError(payment_id)
        return payment, order


def _request(payment: PaymentRecord) -> AuthorizationRequest:
    # Made of stored values alone: a repetition must be equal to the first request, or its key is refused.
    return AuthorizationRequest(
        payment_id=payment.id,
        order_id=payment.order_id,
        amount=payment.state.amount,
        payment_method=payment.payment_method,
        return_url=payment.return_url,
    )


def _provider_id(payment: PaymentRecord) -> str:
    if payment.state.provider_id is None:
        raise LookupError(f"payment {payment.id} has no id at the provider")
    return payment.state.provider_id
