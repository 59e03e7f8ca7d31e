"""What payments does about the events that it consumes.

Each handler runs in one transaction with the inbox row, so exactly once. It only writes down and schedules
work that starts after the commit: the provider is never asked inside a transaction.
"""

from __future__ import annotations

from dataclasses import dataclass

from marquee_subgraphs.kit.backend import Backend
from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.events import Envelope
from marquee_subgraphs.payments.events.consumed import (
    OrderClosed,
    OrderConfirmed,
    OrderPlaced,
    RefundApproved,
    RefundRejected,
    UserErasureRequested,
)
from marquee_subgraphs.payments.service import PaymentService


@dataclass(frozen=True, slots=True)
class PaymentHandlers:
    """The handlers of payments."""

    backend: Backend
    service: PaymentService

    def register(self) -> None:
        """Have the consumer call each handler for its events."""
        consumer = self.backend.consumer
        consumer.on(OrderPlaced, self.on_order_placed)
        consumer.on(OrderConfirmed, self.on_order_confirmed)
        consumer.on(OrderClosed, self.on_order_closed)
        consumer.on(RefundApproved, self.on_refund_approved)
        consumer.on(RefundRejected, self.on_refund_rejected)
        consumer.on(UserErasureRequested, self.on_user_erasure_requested)

    async def on_order_placed(self, tx: Transaction, event: OrderPlaced, envelope: Envelope) -> None:
        """Remember an order that may be paid."""
        await self.service.orders.place(tx, event, envelope.occurred_at)

    async def on_order_confirmed(self, tx: Transaction, event: OrderConfirmed, envelope: Envelope) -> None:
        """Remember that the seats are sold, and schedule the capture."""
        await self.service.orders.confirm(tx, event, envelope.occurred_at)

    async def on_order_closed(self, tx: Transaction, event: OrderClosed, _: Envelope) -> None:
        """Remember that nothing will be sold, and schedule the void."""
        await self.service.orders.close(tx, event.order_id)

    async def on_refund_approved(self, tx: Transaction, event: RefundApproved, _: Envelope) -> None:
        """Promise the money of an approved refund, and schedule its payment."""
        await self.service.refunds.approve(tx, event)

    async def on_refund_rejected(self, tx: Transaction, event: RefundRejected, _: Envelope) -> None:
        """End a refund that tickets did not approve."""
        await self.service.refunds.reject(tx, event)

    async def on_user_erasure_requested(
        self, tx: Transaction, event: UserErasureRequested, envelope: Envelope
    ) -> None:
        """Forget the person and publish the receipt."""
        await self.service.orders.forget_user(tx, event.user_id, cause=envelope)
