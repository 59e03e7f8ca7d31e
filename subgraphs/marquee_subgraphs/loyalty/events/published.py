"""The events that loyalty publishes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from marquee_subgraphs.kit.events import PublishedEvent
from marquee_subgraphs.kit.money import Money
from marquee_subgraphs.loyalty.domain import RewardRecord, Tier, VoucherKind, VoucherRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipJoined(PublishedEvent):
    """A person became a member. The aggregate is the membership."""

    TYPE = "membership.joined"
    user_id: str
    tier: Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipTierChanged(PublishedEvent):
    """The tier of a member rose or fell. The aggregate is the membership."""

    TYPE = "membership.tier_changed"
    user_id: str
    tier: Tier
    previous: Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class _PointsMoved(PublishedEvent):
    user_id: str
    points: int
    """Never negative: the type says the direction."""
    order_id: str
    reason: str


class PointsEarned(_PointsMoved):
    """A payment earned points, pending until the showtime starts. The aggregate is the membership."""

    TYPE = "loyalty.points_earned"


class PointsReleased(_PointsMoved):
    """The showtime started: the points of a payment can be spent. The aggregate is the membership."""

    TYPE = "loyalty.points_released"


class PointsReversed(_PointsMoved):
    """A refund took points back. The aggregate is the membership."""

    TYPE = "loyalty.points_reversed"


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherIssued(PublishedEvent):
    """A reward was redeemed. The aggregate is the voucher."""

    TYPE = "voucher.issued"
    code: str
    user_id: str
    kind: VoucherKind
    value: Money | None
    percent: int | None
    expires_at: datetime

    @classmethod
    def of(cls, voucher: VoucherRecord, reward: RewardRecord, user_id: str) -> VoucherIssued:
        """Return the event of a voucher that `user_id` got for `reward`."""
        return cls(
            code=voucher.code,
            user_id=user_id,
            kind=reward.kind,
            value=reward.value,
            percent=reward.percent,
            expires_at=voucher.expires_at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class UserErased(PublishedEvent):
    """The receipt of an erasure: nothing here leads to the person any more. The aggregate is the user."""

    TYPE = "user.erased"
    user_id: str
    subgraph: str
