"""What payments does with what it hears: writes it down, and wakes the work once that is durable."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from marquee_subgraphs.kit.clock import Clock
from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.events import Envelope
from marquee_subgraphs.kit.live import Topics
from marquee_subgraphs.kit.money import Money
from marquee_subgraphs.payments.domain.order import Order
from marquee_subgraphs.payments.domain.records import RefundRecord
from marquee_subgraphs.payments.domain.refund import RefundStatus, allowed_of
from marquee_subgraphs.payments.events import PaymentEvents
from marquee_subgraphs.payments.store import OrderStore, PaymentStore, RefundStore


@dataclass(frozen=True, slots=True)
class Hearing:
    """One method for each thing heard; each is part of the transaction that records the event as taken."""

    orders: OrderStore
    payments: PaymentStore
    refunds: RefundStore
    events: PaymentEvents
    topics: Topics[None]
    clock: Clock
    wake_payment: Callable[[str], None]
    wake_refund: Callable[[str], None]

    async def order_placed(self, tx: Transaction, order: Order) -> None:
        """An order may be paid; `payOrder` may be waiting to hear of it."""
        await self.orders.insert(tx, order)
        tx.after_commit(partial(self.topics.publish, order.order_id, None))

    async def order_confirmed(self, tx: Transaction, order: Order, payment_id: str) -> None:
        """The seats are sold: the money is to be taken."""
        await self.orders.insert(tx, order)
        await self.orders.confirm(tx, order.order_id, payment_id)
        await self._look_after(tx, payment_id)

    async def order_closed(self, tx: Transaction, order_id: str) -> None:
        """Nothing will be sold: what is open is to be let go of."""
        payment_id = await self.orders.close(tx, order_id)
        if payment_id is not None:
            await self._look_after(tx, payment_id)

    async def refund_approved(
        self,
        tx: Transaction,
        *,
        refund_id: str,
        payment_id: str,
        amount: Money,
        ticket_ids: Sequence[str],
        reason: str,
    ) -> None:
        """Tickets gives up the seats, by itself or as it was asked: promise the money, as far as there
        is any.
        """
        now = self.clock.now()
        payment = await self.payments.find(tx, payment_id, lock=True)
        if payment is None:
            raise LookupError(f"refund {refund_id} is of payment {payment_id}, which is not known (yet)")
        known = await self.refunds.find(tx, refund_id, lock=True)
        if known is not None and known.status is not RefundStatus.REQUESTED:
            return
        left = Money(payment.state.amount_minor - payment.reserved_minor, payment.currency)
        allowed = allowed_of(amount, left)
        promised = allowed is not None and await self.payments.reserve(tx, payment_id, allowed.minor_units)
        refund = RefundRecord(
            id=refund_id,
            payment_id=payment_id,
            order_id=payment.order_id,
            amount=allowed if allowed is not None and promised else amount,
            status=RefundStatus.PENDING if promised else RefundStatus.FAILED,
            reason=reason if known is None else known.reason,
            requested_by=None if known is None else known.requested_by,
            whole=amount == payment.amount if known is None else known.whole,
            ticket_ids=tuple(ticket_ids),
            provider_refund_id=None,
            failure=None if promised else "Nothing of the payment is left.",
            attempts=0,
            created_at=now if known is None else known.created_at,
            updated_at=now,
        )
        await self.refunds.put(tx, refund, due_at=now if promised else None)
        if promised:
            tx.after_commit(partial(self.wake_refund, refund_id))
        else:
            await self.events.refund_failed(tx, refund, "nothing_left")
            tx.after_commit(partial(self.topics.publish, refund_id, None))

    async def refund_rejected(self, tx: Transaction, refund_id: str, reason: str) -> None:
        """Tickets does not give up the seats, so nothing is given back."""
        refund = await self.refunds.find(tx, refund_id, lock=True)
        if refund is None or refund.status is not RefundStatus.REQUESTED:
            return
        now = self.clock.now()
        rejected = replace(refund, status=RefundStatus.REJECTED, failure=reason, updated_at=now)
        await self.refunds.put(tx, rejected, due_at=None)
        tx.after_commit(partial(self.topics.publish, refund_id, None))

    async def erasure_requested(self, tx: Transaction, user_id: str, cause: Envelope) -> None:
        """Take the person out, and say so; the money stays in the books."""
        await self.orders.forget_user(tx, user_id)
        await self.payments.forget_user(tx, user_id)
        await self.events.erased(tx, user_id, cause)

    async def _look_after(self, tx: Transaction, payment_id: str) -> None:
        await self.payments.schedule(tx, payment_id, self.clock.now())
        tx.after_commit(partial(self.wake_payment, payment_id))
