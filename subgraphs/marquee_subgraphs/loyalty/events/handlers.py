"""What loyalty does about the events that it consumes.

Each handler runs in one transaction with the inbox row, so exactly once. It only calls a use case or the
store; it never decides a rule.
"""

from __future__ import annotations

from dataclasses import dataclass

from marquee_subgraphs.kit.backend import Backend
from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.events import Envelope
from marquee_subgraphs.loyalty.events.consumed import (
    PaymentCaptured,
    RefundCompleted,
    ShowtimeCancelled,
    ShowtimeRescheduled,
    ShowtimeScheduled,
    UserErasureRequested,
    UserRegistered,
    VoucherReleased,
    VoucherUsed,
)
from marquee_subgraphs.loyalty.service import LoyaltyService
from marquee_subgraphs.loyalty.store import LoyaltyStore


@dataclass(frozen=True, slots=True)
class LoyaltyHandlers:
    """The handlers of loyalty."""

    backend: Backend
    store: LoyaltyStore
    service: LoyaltyService

    def register(self) -> None:
        """Have the consumer call each handler for its events."""
        consumer = self.backend.consumer
        consumer.on(UserRegistered, self.on_user_registered)
        consumer.on(UserErasureRequested, self.on_user_erasure_requested)
        consumer.on(ShowtimeScheduled, self.on_showtime_scheduled)
        consumer.on(ShowtimeRescheduled, self.on_showtime_rescheduled)
        consumer.on(ShowtimeCancelled, self.on_showtime_cancelled)
        consumer.on(PaymentCaptured, self.on_payment_captured)
        consumer.on(RefundCompleted, self.on_refund_completed)
        consumer.on(VoucherUsed, self.on_voucher_used)
        consumer.on(VoucherReleased, self.on_voucher_released)

    async def on_user_registered(self, tx: Transaction, event: UserRegistered, _: Envelope) -> None:
        """Remember the person: staff may give points only to people who exist."""
        await self.store.members.keep_person(tx, event.user_id)

    async def on_user_erasure_requested(
        self, tx: Transaction, event: UserErasureRequested, envelope: Envelope
    ) -> None:
        """Forget the person and publish the receipt."""
        await self.service.memberships.erase(tx, event.user_id, cause=envelope)

    async def on_showtime_scheduled(
        self, tx: Transaction, event: ShowtimeScheduled, envelope: Envelope
    ) -> None:
        """Remember the film and the start of a showtime."""
        # A replayed `scheduled` after `rescheduled` must not bring the old start back.
        if await self.backend.inbox.advance(tx, envelope):
            await self.store.showtimes.schedule(tx, event.showtime_id, event.movie_title, event.starts_at)

    async def on_showtime_rescheduled(
        self, tx: Transaction, event: ShowtimeRescheduled, envelope: Envelope
    ) -> None:
        """Remember the new start of a showtime."""
        if await self.backend.inbox.advance(tx, envelope):
            await self.store.showtimes.reschedule(tx, event.showtime_id, event.starts_at)

    async def on_showtime_cancelled(
        self, tx: Transaction, event: ShowtimeCancelled, envelope: Envelope
    ) -> None:
        """Never release the points of this showtime: its refunds reverse them."""
        # Whatever the version: a cancelled showtime stays cancelled.
        await self.backend.inbox.advance(tx, envelope)
        await self.store.showtimes.cancel(tx, event.showtime_id)

    async def on_payment_captured(self, tx: Transaction, event: PaymentCaptured, envelope: Envelope) -> None:
        """Credit the points of the payment, pending until the showtime starts."""
        await self.service.points.earn(tx, event, cause=envelope)

    async def on_refund_completed(self, tx: Transaction, event: RefundCompleted, envelope: Envelope) -> None:
        """Reverse the refunded share of the points."""
        await self.service.points.refund(tx, event, cause=envelope)

    async def on_voucher_used(self, tx: Transaction, event: VoucherUsed, envelope: Envelope) -> None:
        """Mark the voucher as used."""
        if await self.backend.inbox.advance(tx, envelope):
            await self.store.rewards.set_voucher_used(tx, event.code, envelope.occurred_at)

    async def on_voucher_released(self, tx: Transaction, event: VoucherReleased, envelope: Envelope) -> None:
        """Mark the voucher as unused again."""
        if await self.backend.inbox.advance(tx, envelope):
            await self.store.rewards.set_voucher_used(tx, event.code, None)
