"""Points: every change of a balance is an entry of the ledger, written in the same transaction.

Works on a member whose row is locked. Must never decide who may do something.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from marquee_subgraphs.kit.backend import Backend
from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.events import Envelope
from marquee_subgraphs.kit.ids import new_id
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
from marquee_subgraphs.loyalty.events.consumed import OrderPaid, PaymentCaptured, RefundCompleted
from marquee_subgraphs.loyalty.events.published import (
    MembershipTierChanged,
    PointsEarned,
    PointsReleased,
    PointsReversed,
)
from marquee_subgraphs.loyalty.store import LoyaltyStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """One entry to append to a member's ledger."""

    kind: EntryKind
    points: int
    reason: str
    key: str
    """Its cause, as `earned:pay_1`; a cause can be posted once."""
    pending: bool = False
    order_id: str | None = None
    counts_from: datetime | None = None
    """When the points begin to count for the tier; None when they never do."""


class Points:
    """Posts to ledgers, and keeps balances and tiers equal to them."""

    def __init__(self, backend: Backend, store: LoyaltyStore) -> None:
        self._backend = backend
        self._store = store

    async def earn(self, tx: Transaction, payment: PaymentCaptured, cause: Envelope) -> None:
        """Credit the points of a payment, pending until the showtime starts. Nothing for non-members."""
        if payment.user_id is None:
            return
        member = await self._store.members.lock(tx, user_id=payment.user_id)
        known = await self._store.accruals.lock(tx, payment.payment_id)
        if member is None or (known is not None and known.captured is not None):
            return
        accrual = replace(
            known or _new_accrual(payment),
            membership_id=member.id,
            captured=payment.amount.minor_units,
            earned=points_for(payment.amount, member.plan),
        )
        if accrual.earned > 0:
            member = await self._credit(tx, member, accrual, cause)
        # The refund may have been handled first; then its share is reversed now.
        member = await self._reverse(tx, member, accrual, cause)
        await self.close(tx, await self.release(tx, member, cause), cause)

    async def refund(self, tx: Transaction, refund: RefundCompleted, cause: Envelope) -> None:
        """Reverse the refunded share of a payment's points, even of points that were spent."""
        membership_id = await self._store.accruals.member_of_payment(tx, refund.payment_id)
        if membership_id is None and refund.user_id is None:
            return  # a guest's
        member = await self._store.members.lock(tx, user_id=refund.user_id, membership_id=membership_id)
        known = await self._store.accruals.lock(tx, refund.payment_id)
        accrual = known or _new_accrual(refund)
        # Two refunds of 10 and 25 may arrive as totals 25, then 10: the higher total is the newer.
        accrual = replace(accrual, refunded=max(accrual.refunded, refund.refunded_total.minor_units))
        if member is None or accrual.captured is None:
            await self._store.accruals.save(tx, accrual)  # `earn` will find it
            return
        member = await self._reverse(tx, member, accrual, cause)
        await self.close(tx, await self.release(tx, member, cause), cause)

    async def release(
        self, tx: Transaction, member: MembershipRecord, cause: Envelope | None = None
    ) -> MembershipRecord:
        """Make the pending points of showtimes that have started spendable."""
        now = self._backend.clock.now()
        for accrual, started_at in await self._store.accruals.find_mature(tx, member.id, now):
            points = accrual.earned - accrual.reversed
            await self._store.accruals.save(tx, replace(accrual, released_at=now))
            if points == 0:
                continue
            posting = Posting(
                kind=EntryKind.RELEASED,
                points=points,
                reason=await self._reason(tx, accrual),
                key=f"released:{accrual.payment_id}",
                order_id=accrual.order_id,
                counts_from=started_at,
            )
            member = await self._post_and_publish(tx, member, posting, PointsReleased, cause)
        return member

    async def post(self, tx: Transaction, member: MembershipRecord, posting: Posting) -> MembershipRecord:
        """Append one entry and return the member with the new balances; `close` writes them."""
        now = self._backend.clock.now()
        entry = LedgerEntry(
            sequence=0,
            id=new_id("led", now),
            membership_id=member.id,
            kind=posting.kind,
            points=posting.points,
            pending=posting.pending,
            reason=posting.reason,
            order_id=posting.order_id,
            created_at=now,
        )
        await self._store.ledger.append(tx, entry, key=posting.key, counts_from=posting.counts_from)
        if posting.pending:
            return replace(member, pending=member.pending + posting.points)
        # A release moves points: +480 to spend, -480 pending. Every other entry changes one balance.
        moved = posting.points if posting.kind is EntryKind.RELEASED else 0
        return replace(member, points=member.points + posting.points, pending=member.pending - moved)

    async def close(
        self, tx: Transaction, member: MembershipRecord, cause: Envelope | None = None
    ) -> MembershipRecord:
        """Write the balances, and the tier that the ledger now gives."""
        points, oldest = await self._store.ledger.sum_for_tier(tx, member.id, self._backend.clock.now())
        closed = replace(
            member,
            tier=tier_of(points),
            tier_points=points,
            tier_until=None if oldest is None else oldest + TIER_WINDOW,
        )
        await self._store.members.save(tx, closed)
        if closed.tier is not member.tier and closed.user_id is not None:
            changed = MembershipTierChanged(user_id=closed.user_id, tier=closed.tier, previous=member.tier)
            await self._backend.outbox.add(tx, changed, aggregate_id=closed.id, cause=cause)
        return closed

    async def _credit(
        self, tx: Transaction, member: MembershipRecord, accrual: Accrual, cause: Envelope
    ) -> MembershipRecord:
        posting = Posting(
            kind=EntryKind.EARNED,
            points=accrual.earned,
            pending=True,
            reason=await self._reason(tx, accrual),
            key=f"earned:{accrual.payment_id}",
            order_id=accrual.order_id,
        )
        return await self._post_and_publish(tx, member, posting, PointsEarned, cause)

    async def _reverse(
        self, tx: Transaction, member: MembershipRecord, accrual: Accrual, cause: Envelope
    ) -> MembershipRecord:
        assert accrual.captured is not None, "only what was captured is reversed"
        # The target is the sum of all refunds, not this one's share: refunds of 1/3 and 2/3 round down alone,
        # but together they must take back everything.
        target = points_to_reverse(accrual.earned, accrual.captured, accrual.refunded)
        more = target - accrual.reversed
        await self._store.accruals.save(tx, replace(accrual, reversed=max(target, accrual.reversed)))
        if more <= 0:
            return member
        is_pending = accrual.released_at is None
        # Released points counted for the tier since the start of the showtime; their reversal counts since
        # then too.
        since = None if is_pending else await self._store.accruals.released_from(tx, accrual.payment_id)
        posting = Posting(
            kind=EntryKind.REVERSED,
            points=-more,
            pending=is_pending,
            reason=await self._reason(tx, accrual),
            key=f"reversed:{accrual.payment_id}:{target}",
            order_id=accrual.order_id,
            counts_from=since,
        )
        return await self._post_and_publish(tx, member, posting, PointsReversed, cause)

    async def _post_and_publish(
        self,
        tx: Transaction,
        member: MembershipRecord,
        posting: Posting,
        event: type[PointsEarned | PointsReleased | PointsReversed],
        cause: Envelope | None,
    ) -> MembershipRecord:
        member = await self.post(tx, member, posting)
        # Nothing is published about a person who was erased.
        if member.user_id is not None:
            assert posting.order_id is not None, "these points come from an order"
            moved = event(
                user_id=member.user_id,
                points=abs(posting.points),
                order_id=posting.order_id,
                reason=posting.reason,
            )
            await self._backend.outbox.add(tx, moved, aggregate_id=member.id, cause=cause)
        return member

    async def _reason(self, tx: Transaction, accrual: Accrual) -> str:
        return await self._store.showtimes.movie_title(tx, accrual.showtime_id) or "Tickets"


def _new_accrual(order: OrderPaid) -> Accrual:
    return Accrual(
        payment_id=order.payment_id,
        order_id=order.order_id,
        membership_id=None,
        showtime_id=order.showtime_id,
        captured=None,
        refunded=0,
        earned=0,
        reversed=0,
        released_at=None,
    )
