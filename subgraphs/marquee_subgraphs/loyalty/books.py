"""The bookkeeping of points: every change of a balance is an entry of the ledger, written with it.

Works on a member whose row is locked, within the caller's transaction. Never decides who may do something.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from marquee_subgraphs.kit.clock import Clock
from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.events import Envelope
from marquee_subgraphs.kit.ids import new_id
from marquee_subgraphs.kit.money import Money
from marquee_subgraphs.loyalty.domain import (
    TIER_WINDOW,
    Accrual,
    EntryKind,
    LedgerEntry,
    MembershipRecord,
    points_for,
    points_to_reverse,
    tier_of,
)
from marquee_subgraphs.loyalty.events import LoyaltyEvents
from marquee_subgraphs.loyalty.store import LoyaltyStore


@dataclass(frozen=True, slots=True)
class PaidOrder:
    """What the events of a payment say of it."""

    payment_id: str
    order_id: str
    user_id: str | None
    showtime_id: str


class Books:
    """Posts to ledgers, and keeps balances and tiers with them."""

    def __init__(self, store: LoyaltyStore, events: LoyaltyEvents, clock: Clock) -> None:
        self._store = store
        self._events = events
        self._clock = clock

    async def earn(self, tx: Transaction, paid: PaidOrder, amount: Money, cause: Envelope) -> None:
        """A member has paid: their points wait for the showtime. Whoever is no member earns nothing."""
        if paid.user_id is None:
            return
        member = await self._store.lock_membership(tx, user_id=paid.user_id)
        known = await self._store.find_accrual(tx, paid.payment_id)
        if member is None or (known is not None and known.captured is not None):
            return
        accrual = replace(
            known or _unheard_of(paid),
            membership_id=member.id,
            captured=amount.minor_units,
            earned=points_for(amount, member.plan),
        )
        if accrual.earned > 0:
            reason = await self._store.movie_title(tx, paid.showtime_id) or "Tickets"
            member = await self.post(
                tx,
                member,
                EntryKind.EARNED,
                accrual.earned,
                pending=True,
                reason=reason,
                key=f"earned:{paid.payment_id}",
                order_id=paid.order_id,
            )
            await self._events.points(tx, "earned", member, accrual.earned, paid.order_id, reason, cause)
        member = await self._reverse(tx, member, accrual, cause)
        await self.close(tx, await self.release(tx, member, cause), cause)

    async def refund(self, tx: Transaction, paid: PaidOrder, refunded_total: Money, cause: Envelope) -> None:
        """A payment was given back, in part or whole: so are its points, even those that were spent."""
        membership_id = await self._store.member_of_payment(tx, paid.payment_id)
        if membership_id is None and paid.user_id is None:
            return  # a guest's
        member = await self._store.lock_membership(tx, user_id=paid.user_id, membership_id=membership_id)
        known = await self._store.find_accrual(tx, paid.payment_id)
        accrual = known or _unheard_of(paid)  # when the refund comes first, `earn` finds it
        accrual = replace(accrual, refunded=max(accrual.refunded, refunded_total.minor_units))
        if member is None or accrual.captured is None:
            await self._store.save_accrual(tx, accrual)
            return
        member = await self._reverse(tx, member, accrual, cause)
        await self.close(tx, await self.release(tx, member, cause), cause)

    async def release(
        self, tx: Transaction, member: MembershipRecord, cause: Envelope | None = None
    ) -> MembershipRecord:
        """Make points of showtimes that have started one's own."""
        now = self._clock.now()
        for accrual, started_at in await self._store.mature_accruals(tx, member.id, now):
            points = accrual.earned - accrual.reversed
            await self._store.save_accrual(tx, replace(accrual, released_at=now))
            if points == 0:
                continue
            reason = await self._store.movie_title(tx, accrual.showtime_id) or "Tickets"
            member = await self.post(
                tx,
                member,
                EntryKind.RELEASED,
                points,
                reason=reason,
                key=f"released:{accrual.payment_id}",
                order_id=accrual.order_id,
                counts_from=started_at,
            )
            await self._events.points(tx, "released", member, points, accrual.order_id, reason, cause)
        return member

    async def post(
        self,
        tx: Transaction,
        member: MembershipRecord,
        kind: EntryKind,
        points: int,
        *,
        reason: str,
        key: str,
        pending: bool = False,
        order_id: str | None = None,
        counts_from: datetime | None = None,
    ) -> MembershipRecord:
        """Append one entry and answer the member with the balances that follow; `close` writes them."""
        now = self._clock.now()
        entry = LedgerEntry(0, new_id("led", now), member.id, kind, points, pending, reason, order_id, now)
        await self._store.add_entry(tx, entry, key=key, counts_from=counts_from)
        if pending:
            return replace(member, pending=member.pending + points)
        moved = points if kind is EntryKind.RELEASED else 0
        return replace(member, points=member.points + points, pending=member.pending - moved)

    async def close(
        self, tx: Transaction, member: MembershipRecord, cause: Envelope | None = None
    ) -> MembershipRecord:
        """Write the balances and the tier that the ledger now gives."""
        now = self._clock.now()
        points, oldest = await self._store.tier_standing(tx, member.id, now)
        closed = replace(
            member,
            tier=tier_of(points),
            tier_points=points,
            tier_until=None if oldest is None else oldest + TIER_WINDOW,
        )
        await self._store.save_membership(tx, closed)
        if closed.tier is not member.tier:
            await self._events.tier_changed(tx, closed, member.tier, cause)
        return closed

    async def _reverse(
        self, tx: Transaction, member: MembershipRecord, accrual: Accrual, cause: Envelope
    ) -> MembershipRecord:
        assert accrual.captured is not None, "only what was captured is reversed"
        target = points_to_reverse(accrual.earned, accrual.captured, accrual.refunded)
        more = target - accrual.reversed
        await self._store.save_accrual(tx, replace(accrual, reversed=max(target, accrual.reversed)))
        if more <= 0:
            return member
        is_pending = accrual.released_at is None
        since = None if is_pending else await self._store.released_from(tx, accrual.payment_id)
        reason = await self._store.movie_title(tx, accrual.showtime_id) or "Tickets"
        member = await self.post(
            tx,
            member,
            EntryKind.REVERSED,
            -more,
            pending=is_pending,
            reason=reason,
            key=f"reversed:{accrual.payment_id}:{target}",
            order_id=accrual.order_id,
            counts_from=since,
        )
        await self._events.points(tx, "reversed", member, more, accrual.order_id, reason, cause)
        return member


def _unheard_of(paid: PaidOrder) -> Accrual:
    return Accrual(
        payment_id=paid.payment_id,
        order_id=paid.order_id,
        membership_id=None,
        showtime_id=paid.showtime_id,
        captured=None,
        refunded=0,
        earned=0,
        reversed=0,
        released_at=None,
    )
