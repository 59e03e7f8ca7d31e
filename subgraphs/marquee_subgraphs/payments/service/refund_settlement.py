"""Brings each promised refund to its end: asks the provider by the refund's own key and writes the result.

The money was promised before the provider is asked, so that refunds together never exceed what was taken:
of 48.00, two refunds of 30.00 cannot both be promised, whatever order they are paid in.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Final

from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.payments.adapters.provider import (
    ProviderRefused,
    ProviderUnanswered,
    ReceiptStatus,
    RefundReceipt,
)
from marquee_subgraphs.payments.domain.payment import OPEN, PAID, EventKind, PaymentEvent
from marquee_subgraphs.payments.domain.records import PaymentRecord, RefundRecord
from marquee_subgraphs.payments.domain.refund import RefundStatus
from marquee_subgraphs.payments.events.published import RefundCompleted, RefundFailed
from marquee_subgraphs.payments.service.resources import Resources

_BANK_CHECK: Final = timedelta(seconds=30)
"""How often to ask for a refund that the bank has accepted and not finished."""

End = Callable[[Transaction, PaymentRecord, RefundRecord], Awaitable[None]]


class RefundSettlement:
    """Pays refunds back."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._database = resources.backend.database
        self._store = resources.store

    async def drive(self, refund_id: str) -> None:
        """Ask the provider for a refund, unless it ended or its money is not captured yet.

        Raises `LookupError` for an unknown refund.
        """
        async with self._database.read() as connection:
            refund = await self._store.refunds.find(connection, refund_id)
            payment = await self._store.payments.find(connection, refund.payment_id) if refund else None
        if refund is None or payment is None:
            raise LookupError(refund_id)
        if refund.status is not RefundStatus.PENDING:
            return
        timing, provider_id = self._resources.timing, payment.state.provider_id
        if payment.state.status in OPEN:
            await self._retry_later(refund, timing.sale_check)
            return
        if payment.state.status not in PAID or provider_id is None:
            await self._fail(refund, "nothing_taken")
            return
        try:
            receipt = await self._ask(refund, provider_id)
        except ProviderUnanswered:
            await self._retry_later(refund, timing.retry(refund.attempts))
        except ProviderRefused as refused:
            await self._fail(refund, refused.code)
        else:
            await self._believe(refund, receipt)

    async def _ask(self, refund: RefundRecord, provider_id: str) -> RefundReceipt:
        if refund.provider_refund_id is not None:
            return await self._resources.provider.retrieve_refund(refund.provider_refund_id)
        return await self._resources.provider.refund(refund.id, provider_id, refund.amount)

    async def _believe(self, refund: RefundRecord, receipt: RefundReceipt) -> None:
        match receipt.status:
            case ReceiptStatus.SUCCEEDED:
                await self._complete(refund, receipt)
            case ReceiptStatus.FAILED:
                await self._fail(refund, receipt.failure or "refused")
            case ReceiptStatus.PENDING:
                accepted = replace(refund, provider_refund_id=receipt.provider_refund_id)
                await self._retry_later(accepted, _BANK_CHECK)

    async def _complete(self, refund: RefundRecord, receipt: RefundReceipt) -> None:
        async def end(tx: Transaction, payment: PaymentRecord, current: RefundRecord) -> None:
            now = self._resources.now()
            given = PaymentEvent(EventKind.REFUNDED, now, amount=current.amount, reference=current.id)
            order = await self._store.orders.find(tx, payment.order_id)
            if order is None:
                raise LookupError(payment.order_id)
            state = await self._store.payments.record(tx, payment, [given], due_at=None)
            completed = replace(
                current,
                status=RefundStatus.COMPLETED,
                provider_refund_id=receipt.provider_refund_id,
                updated_at=now,
            )
            await self._store.refunds.put(tx, completed, due_at=None)
            event = RefundCompleted.of(completed, order, state)
            await self._resources.backend.outbox.add(tx, event, aggregate_id=order.order_id)

        await self._end(refund, end)

    async def _fail(self, refund: RefundRecord, reason: str) -> None:
        async def end(tx: Transaction, payment: PaymentRecord, current: RefundRecord) -> None:
            await self._store.payments.unreserve(tx, payment.id, current.amount)
            now = self._resources.now()
            failed = replace(current, status=RefundStatus.FAILED, failure=reason, updated_at=now)
            await self._store.refunds.put(tx, failed, due_at=None)
            event = RefundFailed.of(failed, reason)
            await self._resources.backend.outbox.add(tx, event, aggregate_id=failed.order_id)

        await self._end(refund, end)

    async def _end(self, refund: RefundRecord, end: End) -> None:
        """End a refund once, however many processes drive it."""

        async def work(tx: Transaction) -> None:
            # The payment's row before the refund's, as in `Refunds`: two transactions cannot deadlock.
            payment = await self._store.payments.find(tx, refund.payment_id, lock=True)
            current = await self._store.refunds.find(tx, refund.id, lock=True)
            if payment is None or current is None:
                raise LookupError(refund.id)
            if current.status is not RefundStatus.PENDING:
                return
            await end(tx, payment, current)
            self._resources.notify(tx, refund.id)
            self._resources.notify(tx, payment.id)

        await self._database.run(work)

    async def _retry_later(self, refund: RefundRecord, pause: timedelta) -> None:
        await self._database.run(partial(self._schedule, refund=refund, pause=pause))

    async def _schedule(self, tx: Transaction, *, refund: RefundRecord, pause: timedelta) -> None:
        current = await self._store.refunds.find(tx, refund.id, lock=True)
        if current is None or current.status is not RefundStatus.PENDING:
            return
        again = replace(current, attempts=current.attempts + 1, provider_refund_id=refund.provider_refund_id)
        await self._store.refunds.put(tx, again, due_at=self._resources.now() + pause)
