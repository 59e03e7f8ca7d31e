"""How much a refund may give back: at most what was captured and is neither refunded nor promised."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from marquee_subgraphs.kit.money import Money

NOTHING_LEFT: Final = "Nothing of this payment is left to refund."


class RefundStatus(StrEnum):
    """The state of a refund."""

    REQUESTED = "REQUESTED"
    """It gives up the tickets, so tickets has to approve it."""
    PENDING = "PENDING"
    """Approved and its money promised; the provider is being asked."""
    COMPLETED = "COMPLETED"
    REJECTED = "REJECTED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class RefundPlan:
    """How much to give back; `whole` when that is all that is left, which gives up the tickets too."""

    amount: Money
    whole: bool


def plan_refund(left: Money, asked: Money | None) -> RefundPlan | str:
    """Return the plan of a refund by staff, or the message why `asked` cannot be given back.

    Without `asked` it plans to give back all that is `left`.
    """
    if left.minor_units <= 0:
        return NOTHING_LEFT
    if asked is None:
        return RefundPlan(left, whole=True)
    if asked.currency is not left.currency:
        return f"This payment was made in {left.currency}."
    if asked.minor_units <= 0:
        return "A refund must be more than nothing."
    if asked > left:
        return f"At most {left} can be refunded."
    return RefundPlan(asked, whole=asked == left)


def allowed_of(approved: Money, left: Money) -> Money | None:
    """Return what can be given back of an approved amount: at most what is left, None when nothing is."""
    amount = min(approved, left)
    return amount if amount.minor_units > 0 else None
