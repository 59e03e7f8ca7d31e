"""Pure rules of points, tiers, rewards and vouchers, as data where they may change. Time is an argument."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from marquee_subgraphs.kit.money import Money

POINTS_PER_UNIT: Final = 10
"""Points for each whole unit of the currency: 48.50 PEN earn 480."""
TIER_WINDOW: Final = timedelta(days=365)
VOUCHER_LIFE: Final = timedelta(days=180)
MOST_POINTS_ADJUSTED: Final = 1_000_000
HIGHEST_COST: Final = 1_000_000
HIGHEST_STOCK: Final = 1_000_000
HIGHEST_VALUE_MINOR_UNITS: Final = 100_000
_CODE_ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


class Tier(StrEnum):
    """The standing of a member, by the points of the last twelve months."""

    BRONZE = "BRONZE"
    SILVER = "SILVER"
    GOLD = "GOLD"
    PLATINUM = "PLATINUM"


TIER_POINTS: Final[Mapping[Tier, int]] = {
    Tier.BRONZE: 0,
    Tier.SILVER: 1_000,
    Tier.GOLD: 3_000,
    Tier.PLATINUM: 8_000,
}
"""The points at which each tier begins, lowest first."""


class Plan(StrEnum):
    """What a member pays for; staff grant it, nobody takes it."""

    STANDARD = "STANDARD"
    PREMIUM = "PREMIUM"


PLAN_PERCENT: Final[Mapping[Plan, int]] = {Plan.STANDARD: 100, Plan.PREMIUM: 150}
"""How many of the usual points a plan earns."""


class EntryKind(StrEnum):
    """The cause of an entry in the ledger."""

    EARNED = "EARNED"
    RELEASED = "RELEASED"
    REVERSED = "REVERSED"
    REDEEMED = "REDEEMED"
    ADJUSTED = "ADJUSTED"
    EXPIRED = "EXPIRED"


class VoucherKind(StrEnum):
    """What a voucher takes off an order."""

    AMOUNT = "AMOUNT"
    PERCENT = "PERCENT"
    FREE_SEAT = "FREE_SEAT"


@dataclass(frozen=True, slots=True)
class MembershipRecord:
    """A member and the balances that their ledger adds up to; `user_id` is None once erased."""

    id: str
    user_id: str | None
    plan: Plan
    tier: Tier
    points: int
    pending: int
    tier_points: int
    """The points of the last twelve months that make the tier."""
    tier_until: datetime | None
    """When the oldest of them grows too old; None if there are none."""
    joined_at: datetime

    @property
    def next_tier(self) -> Tier | None:
        """The tier above; None at the top."""
        return next((tier for tier, least in TIER_POINTS.items() if least > TIER_POINTS[self.tier]), None)

    @property
    def points_to_next_tier(self) -> int | None:
        """The points of the last twelve months that the next tier still needs; None at the top."""
        tier = self.next_tier
        return None if tier is None else max(TIER_POINTS[tier] - self.tier_points, 0)


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """One entry of the ledger. `pending` ones count for the pending balance; a release moves points over."""

    sequence: int
    id: str
    membership_id: str
    kind: EntryKind
    points: int
    pending: bool
    reason: str
    order_id: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class RewardRecord:
    """What points buy; without `stock` it is never sold out."""

    id: str
    name: str
    description: str
    cost: int
    kind: VoucherKind
    value: Money | None
    percent: int | None
    stock: int | None
    active: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class VoucherRecord:
    """A reward that somebody redeemed."""

    code: str
    membership_id: str
    reward_id: str
    cost: int
    issued_at: datetime
    expires_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Accrual:
    """What one payment has earned. `captured` is None while only a refund of it has arrived."""

    payment_id: str
    order_id: str
    membership_id: str | None
    showtime_id: str
    captured: int | None
    refunded: int
    earned: int
    reversed: int
    released_at: datetime | None


def points_for(paid: Money, plan: Plan) -> int:
    """Return the points that a payment earns: only whole units count."""
    return paid.minor_units // 100 * POINTS_PER_UNIT * PLAN_PERCENT[plan] // 100


def points_to_reverse(earned: int, captured: int, refunded: int) -> int:
    """Return how many of a payment's points its refunds take back in all: their share, rounded down.

    All of them when the whole payment is refunded: three refunds of a third of 10 points take back 3, 6, then
    10.
    """
    if captured <= 0 or refunded >= captured:
        return earned
    return earned * refunded // captured


def tier_of(points: int) -> Tier:
    """Return the tier for the points of the last twelve months."""
    return max(
        (tier for tier, least in TIER_POINTS.items() if points >= least),
        key=TIER_POINTS.__getitem__,
        default=Tier.BRONZE,
    )


def new_voucher_code() -> str:
    """Return a code that is easy to read aloud and hard to guess: `VC-7K2M-XQ4D-9RTW`."""
    groups = ["".join(secrets.choice(_CODE_ALPHABET) for _ in range(4)) for _ in range(3)]
    return "-".join(["VC", *groups])
