"""What loyalty tells the others. Payloads: `docs/events.md`. What it hears is in `hearing.py`."""

from __future__ import annotations

from dataclasses import dataclass

from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.events import Envelope, Outbox
from marquee_subgraphs.loyalty.domain import MembershipRecord, RewardRecord, Tier, VoucherRecord


@dataclass(frozen=True, slots=True)
class LoyaltyEvents:
    """Adds events to the transaction of their change; of whoever was erased nothing is told."""

    outbox: Outbox

    async def joined(self, tx: Transaction, member: MembershipRecord) -> None:
        payload = {"user_id": member.user_id, "tier": member.tier.value}
        await self.outbox.add(tx, type="membership.joined", aggregate_id=member.id, payload=payload)

    async def tier_changed(
        self, tx: Transaction, member: MembershipRecord, previous: Tier, cause: Envelope | None
    ) -> None:
        if member.user_id is None:
            return
        payload = {"user_id": member.user_id, "tier": member.tier.value, "previous": previous.value}
        await self.outbox.add(
            tx, type="membership.tier_changed", aggregate_id=member.id, payload=payload, cause=cause
        )

    async def points(
        self,
        tx: Transaction,
        what: str,
        member: MembershipRecord,
        points: int,
        order_id: str,
        reason: str,
        cause: Envelope | None,
    ) -> None:
        """`loyalty.points_earned`, `points_released` or `points_reversed`; `points` is never negative."""
        if member.user_id is None:
            return
        payload = {"user_id": member.user_id, "points": points, "order_id": order_id, "reason": reason}
        await self.outbox.add(
            tx, type=f"loyalty.points_{what}", aggregate_id=member.id, payload=payload, cause=cause
        )

    async def voucher_issued(
        self, tx: Transaction, voucher: VoucherRecord, reward: RewardRecord, user_id: str
    ) -> None:
        value = reward.value
        payload = {
            "code": voucher.code,
            "user_id": user_id,
            "kind": reward.kind.value,
            "value": None
            if value is None
            else {"minor": value.minor_units, "currency": value.currency.value},
            "percent": reward.percent,
            "expires_at": voucher.expires_at,
        }
        await self.outbox.add(tx, type="voucher.issued", aggregate_id=voucher.code, payload=payload)

    async def erased(self, tx: Transaction, user_id: str, cause: Envelope) -> None:
        payload = {"user_id": user_id, "subgraph": "loyalty"}
        await self.outbox.add(tx, type="user.erased", aggregate_id=user_id, payload=payload, cause=cause)
