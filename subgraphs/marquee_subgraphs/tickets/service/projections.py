"""What tickets keeps of other subgraphs: showtimes, vouchers and tiers; and the erasure of a customer."""

from __future__ import annotations

from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.events import Envelope
from marquee_subgraphs.tickets.domain.showtimes import Showtime
from marquee_subgraphs.tickets.domain.vouchers import Voucher
from marquee_subgraphs.tickets.events.consumed import (
    MembershipTier,
    ShowtimeCancelled,
    ShowtimeRescheduled,
    ShowtimeScheduled,
    VoucherIssued,
)
from marquee_subgraphs.tickets.events.published import UserErased
from marquee_subgraphs.tickets.service.resources import Resources


class Projections:
    """Keeps projections up to date; each method joins the transaction of its event and is safe to repeat."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._store = resources.store

    async def schedule(self, tx: Transaction, event: ShowtimeScheduled) -> None:
        """Open a showtime for sale; seats that its layout blocks are out of sale from the start."""
        showtime = Showtime(
            id=event.showtime_id,
            movie_id=event.movie_id,
            movie_title=event.movie_title,
            cinema_id=event.cinema_id,
            cinema_name=event.cinema_name,
            time_zone=event.time_zone,
            starts_at=event.starts_at,
            ends_at=event.ends_at,
            sales_close_at=event.sales_close_at,
            base_price=event.base_price,
            is_cancelled=False,
            seat_version=0,
        )
        is_new = await self._store.showtimes.save(tx, showtime, [seat.place() for seat in event.seats])
        blocked = [seat.label for seat in event.seats if seat.blocked]
        if is_new and blocked:
            now = self._resources.now()
            await self._store.seats.block(tx, showtime_id=showtime.id, labels=blocked, now=now)

    async def reschedule(self, tx: Transaction, event: ShowtimeRescheduled) -> None:
        """Move a showtime; orders and tickets stay."""
        await self._store.showtimes.update(
            tx,
            event.showtime_id,
            starts_at=event.starts_at,
            ends_at=event.ends_at,
            sales_close_at=event.sales_close_at,
        )

    async def cancel_showtime(self, tx: Transaction, event: ShowtimeCancelled) -> None:
        """Stop sales at once; `Cancellations` then gives every order back."""
        await self._store.showtimes.update(tx, event.showtime_id, is_cancelled=True)
        await self._store.cancellations.begin(
            tx,
            showtime_id=event.showtime_id,
            reason=event.reason or "showtime cancelled",
            orders_total=await self._store.orders.count_of_showtime(tx, event.showtime_id),
        )

    async def keep_voucher(self, tx: Transaction, event: VoucherIssued) -> None:
        """Keep a voucher that loyalty issued."""
        voucher = Voucher(
            code=event.code,
            user_id=event.user_id,
            kind=event.kind,
            value=event.value,
            percent=event.percent,
            expires_at=event.expires_at,
        )
        await self._store.vouchers.save(tx, voucher)

    async def keep_tier(self, tx: Transaction, event: MembershipTier) -> None:
        """Keep a member's tier."""
        await self._store.customers.save_tier(tx, user_id=event.user_id, tier=event.tier)

    async def erase(self, tx: Transaction, user_id: str, *, cause: Envelope) -> None:
        """Forget a customer and publish the receipt; orders and tickets stay, without their name."""
        await self._store.customers.erase(tx, user_id)
        outbox = self._resources.backend.outbox
        receipt = UserErased(user_id=user_id, subgraph=outbox.producer)
        await outbox.add(tx, receipt, aggregate_id=user_id, cause=cause)
