"""Payments and refunds as stored, apart from any way of storing them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from marquee_subgraphs.kit.money import Money
from marquee_subgraphs.payments.domain.payment import PaymentState
from marquee_subgraphs.payments.domain.refund import RefundStatus


@dataclass(frozen=True, slots=True)
class PaymentRecord:
    """One attempt to pay an order, with its state."""

    id: str
    order_id: str
    user_id: str | None
    cinema_id: str
    payment_method: str
    return_url: str
    state: PaymentState
    reserved: Money
    """Given back or promised: never more than the amount."""
    attempts: int
    """How often in a row the provider did not answer."""

    @property
    def left_to_refund(self) -> Money:
        """What was taken and neither given back nor promised."""
        return max(self.state.captured - self.reserved, Money.zero(self.state.amount.currency))


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRecord:
    """One refund."""

    id: str
    payment_id: str
    order_id: str
    amount: Money
    status: RefundStatus
    reason: str
    requested_by: str | None
    """The member of staff; None when tickets or payments itself began it."""
    whole: bool
    """True when it gives back all that was left, and so gives up the tickets."""
    created_at: datetime
    updated_at: datetime
    ticket_ids: tuple[str, ...] = ()
    provider_refund_id: str | None = None
    failure: str | None = None
    attempts: int = 0
    """How often the provider was asked without an end."""
