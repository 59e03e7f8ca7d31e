"""How much a refund may give back: at most captured − refunded − promised, whoever asks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from marquee_subgraphs.kit.money import Money
from marquee_subgraphs.payments.errors import NotRefundable, RefundExceedsPayment


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


def plan_refund(left: Money, asked: Money | None) -> RefundPlan:
    """Return the plan of a refund by staff; without `asked`, of all that is `left`.

    Raises `NotRefundable` when nothing is left, `RefundExceedsPayment` when more is asked than is left, or in
    another currency.
    """
    if left.minor_units <= 0:
        raise NotRefundable("Nothing of this payment is left to refund.")
    if asked is None:
        return RefundPlan(left, whole=True)
    if asked.currency is not left.currency:
        raise RefundExceedsPayment(f"This payment was made in {left.currency}.", left)
    if asked.minor_units <= 0:
        raise RefundExceedsPayment("A refund must be more than nothing.", left)
    if asked > left:
        raise RefundExceedsPayment(f"At most {left} can be refunded.", left)
    return RefundPlan(asked, whole=asked == left)


def allowed_of(approved: Money, left: Money) -> Money | None:
    """Return what can be given back of an approved amount: at most what is left, None when nothing is."""
    amount = min(approved, left)
    return amount if amount.minor_units > 0 else None
