"""Brings each approved refund to its end: asks the provider by the refund's own key, writes down what
came of it.

The money is promised before the provider is asked, so that refunds together never exceed what was taken.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Final

from marquee_subgraphs.kit.clock import Clock
from marquee_subgraphs.kit.database import Database, Transaction
from marquee_subgraphs.kit.live import Topics
from marquee_subgraphs.payments.adapters.provider import (
    PaymentProvider,
    ProviderRefused,
    ProviderUnanswered,
    ReceiptStatus,
    RefundReceipt,
)
from marquee_subgraphs.payments.domain.payment import OPEN, PAID, EventKind, PaymentEvent
from marquee_subgraphs.payments.domain.records import PaymentRecord, RefundRecord
from marquee_subgraphs.payments.domain.refund import RefundStatus
from marquee_subgraphs.payments.domain.timing import Timing
from marquee_subgraphs.payments.events import PaymentEvents
from marquee_subgraphs.payments.store import OrderStore, PaymentStore, RefundStore

_BANK_CHECK: Final = timedelta(seconds=30)
"""How often to ask for a refund that the bank has accepted and not finished."""


@dataclass(frozen=True, slots=True)
class RefundSettlement:
    """Drives refunds."""

    database: Database
    orders: OrderStore
    payments: PaymentStore
    refunds: RefundStore
    events: PaymentEvents
    provider: PaymentProvider
    topics: Topics[None]
    clock: Clock
    timing: Timing

    async def drive(self, refund_id: str) -> None:
        """Ask the provider for the refund, unless it is over or its money is not there yet."""
        async with self.database.read() as connection:
            refund = await self.refunds.find(connection, refund_id)
            payment = await self.payments.find(connection, refund.payment_id) if refund is not None else None
        if refund is None or payment is None:
            raise LookupError(refund_id)
        if refund.status is not RefundStatus.PENDING:
            return
        provider_id = payment.state.provider_id
        if payment.state.status in OPEN:
            await self._later(refund, self.timing.sale_check)
            return
        if payment.state.status not in PAID or provider_id is None:
            await self._fail(refund, "nothing_taken")
            return
        try:
            receipt = await self._ask(refund, provider_id)
        except ProviderUnanswered:
            await self._later(refund, self.timing.retry(refund.attempts))
        except ProviderRefused as refusal:
            await self._fail(refund, refusal.code)
        else:
            await self._believe(refund, receipt)

    async def _ask(self, refund: RefundRecord, provider_id: str) -> RefundReceipt:
        if refund.provider_refund_id is not None:
            return await self.provider.retrieve_refund(refund.provider_refund_id)
        return await self.provider.refund(refund.id, provider_id, refund.amount.minor_units)

    async def _believe(self, refund: RefundRecord, receipt: RefundReceipt) -> None:
        match receipt.status:
            case ReceiptStatus.SUCCEEDED:
                await self._complete(refund, receipt)
            case ReceiptStatus.FAILED:
                await self._fail(refund, receipt.failure or "refused")
            case ReceiptStatus.PENDING:
                await self._later(replace(refund, provider_refund_id=receipt.provider_refund_id), _BANK_CHECK)

    async def _complete(self, refund: RefundRecord, receipt: RefundReceipt) -> None:
        async def end(tx: Transaction, payment: PaymentRecord, current: RefundRecord) -> None:
            now = self.clock.now()
            amount = current.amount.minor_units
            given = PaymentEvent(EventKind.REFUNDED, now, minor=amount, reference=current.id)
            order = await self.orders.find(tx, payment.order_id)
            if order is None:
                raise LookupError(payment.order_id)
            state = await self.payments.record(tx, payment, [given], due_at=None)
            completed = replace(
                current,
                status=RefundStatus.COMPLETED,
                provider_refund_id=receipt.provider_refund_id,
                updated_at=now,
            )
            await self.refunds.put(tx, completed, due_at=None)
            await self.events.refund_completed(tx, completed, order, state)

        await self._end(refund, end)

    async def _fail(self, refund: RefundRecord, reason: str) -> None:
        async def end(tx: Transaction, payment: PaymentRecord, current: RefundRecord) -> None:
            await self.payments.unreserve(tx, payment.id, current.amount.minor_units)
            failed = replace(current, status=RefundStatus.FAILED, failure=reason, updated_at=self.clock.now())
            await self.refunds.put(tx, failed, due_at=None)
            await self.events.refund_failed(tx, failed, reason)

        await self._end(refund, end)

    async def _end(self, refund: RefundRecord, end: _End) -> None:
        """End a refund once, whoever else tries; both rows are locked, the payment's first."""

        async def work(tx: Transaction) -> None:
            payment = await self.payments.find(tx, refund.payment_id, lock=True)
            current = await self.refunds.find(tx, refund.id, lock=True)
            if payment is None or current is None:
                raise LookupError(refund.id)
            if current.status is not RefundStatus.PENDING:
                return
            await end(tx, payment, current)
            tx.after_commit(partial(self.topics.publish, refund.id, None))
            tx.after_commit(partial(self.topics.publish, payment.id, None))

        await self.database.run(work)

    async def _later(self, refund: RefundRecord, pause: timedelta) -> None:
        async with self.database.transaction() as tx:
            current = await self.refunds.find(tx, refund.id, lock=True)
            if current is not None and current.status is RefundStatus.PENDING:
                waiting = replace(
                    current,
                    attempts=current.attempts + 1,
                    provider_refund_id=refund.provider_refund_id,
                )
                await self.refunds.put(tx, waiting, due_at=self.clock.now() + pause)


_End = Callable[[Transaction, PaymentRecord, RefundRecord], Awaitable[None]]
