"""What tickets does about the events that it consumes.

Each handler runs in one transaction with the inbox row, so exactly once. It only calls a use case; it never
decides a rule.
"""

from __future__ import annotations

from dataclasses import dataclass

from marquee_subgraphs.kit.backend import Backend
from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.events import Envelope
from marquee_subgraphs.tickets.events import consumed
from marquee_subgraphs.tickets.service import TicketService


@dataclass(frozen=True, slots=True)
class TicketHandlers:
    """The handlers of tickets."""

    backend: Backend
    service: TicketService

    def register(self) -> None:
        """Have the consumer call each handler for its events."""
        consumer = self.backend.consumer
        consumer.on(consumed.ShowtimeScheduled, self.on_showtime_scheduled)
        consumer.on(consumed.ShowtimeRescheduled, self.on_showtime_rescheduled)
        consumer.on(consumed.ShowtimeCancelled, self.on_showtime_cancelled)
        consumer.on(consumed.PaymentStarted, self.on_payment_started)
        consumer.on(consumed.PaymentAuthorized, self.on_payment_authorized)
        consumer.on(consumed.PaymentCaptured, self.on_payment_captured)
        consumer.on(consumed.PaymentFailed, self.on_payment_failed)
        consumer.on(consumed.PaymentVoided, self.on_payment_voided)
        consumer.on(consumed.RefundRequested, self.on_refund_requested)
        consumer.on(consumed.RefundCompleted, self.on_refund_completed)
        consumer.on(consumed.RefundFailed, self.on_refund_failed)
        consumer.on(consumed.VoucherIssued, self.on_voucher_issued)
        consumer.on(consumed.MembershipTier, self.on_membership_tier)
        consumer.on(consumed.UserErasureRequested, self.on_user_erasure_requested)

    async def on_showtime_scheduled(
        self, tx: Transaction, event: consumed.ShowtimeScheduled, _: Envelope
    ) -> None:
        """Open a showtime for sale."""
        await self.service.projections.schedule(tx, event)

    async def on_showtime_rescheduled(
        self, tx: Transaction, event: consumed.ShowtimeRescheduled, envelope: Envelope
    ) -> None:
        """Move a showtime, unless a newer event of it was handled."""
        if await self.backend.inbox.advance(tx, envelope):
            await self.service.projections.reschedule(tx, event)

    async def on_showtime_cancelled(
        self, tx: Transaction, event: consumed.ShowtimeCancelled, _: Envelope
    ) -> None:
        """Stop the sales of a showtime and begin its refunds."""
        await self.service.projections.cancel_showtime(tx, event)

    async def on_payment_started(self, tx: Transaction, event: consumed.PaymentStarted, _: Envelope) -> None:
        """Keep the seats while the customer pays."""
        await self.service.settlement.extend_lease(tx, event)

    async def on_payment_authorized(
        self, tx: Transaction, event: consumed.PaymentAuthorized, envelope: Envelope
    ) -> None:
        """Sell the seats, or have the payment voided."""
        await self.service.settlement.sell(tx, event, cause=envelope)

    async def on_payment_captured(
        self, tx: Transaction, event: consumed.PaymentCaptured, envelope: Envelope
    ) -> None:
        """Remember that the order is paid."""
        await self.service.settlement.note_capture(tx, event, cause=envelope)

    async def on_payment_failed(
        self, tx: Transaction, event: consumed.PaymentFailed, envelope: Envelope
    ) -> None:
        """Free the seats after a failed capture; remember why after a declined card."""
        await self.service.settlement.note_failure(tx, event, cause=envelope)

    async def on_payment_voided(
        self, tx: Transaction, event: consumed.PaymentVoided, envelope: Envelope
    ) -> None:
        """Free the seats of an order whose money will never come."""
        await self.service.settlement.undo_sale(
            tx, event.order_id, event.payment_id, reason="the payment was voided", cause=envelope
        )

    async def on_refund_requested(
        self, tx: Transaction, event: consumed.RefundRequested, envelope: Envelope
    ) -> None:
        """Approve or reject a refund by staff."""
        await self.service.refund_settlement.decide(tx, event, cause=envelope)

    async def on_refund_completed(
        self, tx: Transaction, event: consumed.RefundCompleted, envelope: Envelope
    ) -> None:
        """Free the seats of the tickets that were given back."""
        await self.service.refund_settlement.complete(tx, event, cause=envelope)

    async def on_refund_failed(self, tx: Transaction, event: consumed.RefundFailed, _: Envelope) -> None:
        """Make the tickets valid again."""
        await self.service.refund_settlement.fail(tx, event)

    async def on_voucher_issued(self, tx: Transaction, event: consumed.VoucherIssued, _: Envelope) -> None:
        """Keep a voucher."""
        await self.service.projections.keep_voucher(tx, event)

    async def on_membership_tier(
        self, tx: Transaction, event: consumed.MembershipTier, envelope: Envelope
    ) -> None:
        """Keep the tier of a member, unless a newer event of the membership was handled."""
        if await self.backend.inbox.advance(tx, envelope):
            await self.service.projections.keep_tier(tx, event)

    async def on_user_erasure_requested(
        self, tx: Transaction, event: consumed.UserErasureRequested, envelope: Envelope
    ) -> None:
        """Forget the person and publish the receipt."""
        await self.service.projections.erase(tx, event.user_id, cause=envelope)
