"""The order as payments knows it, from the events of tickets, and whether it can be paid.

Tickets is the authority on orders; nothing here may decide that an order is sold.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from marquee_subgraphs.kit.money import Money


class OrderPhase(StrEnum):
    """The part of an order's life that decides about its payment."""

    PENDING = "PENDING"
    """Placed; it may be paid while its hold lives."""
    CONFIRMED = "CONFIRMED"
    """The seats are sold by one payment, which is to be captured."""
    CLOSED = "CLOSED"
    """Refused, expired, failed or cancelled before the sale: nothing may be taken for it."""


@dataclass(frozen=True, slots=True)
class Order:
    """One order, without name or address: payments needs neither."""

    order_id: str
    number: str
    user_id: str | None
    showtime_id: str
    movie_id: str
    cinema_id: str
    total: Money
    seat_count: int
    payable_until: datetime
    phase: OrderPhase
    confirmed_payment_id: str | None
    live_payment_id: str | None
    """The payment that is under way or succeeded; an order has at most one."""

    def why_not_payable(self, now: datetime) -> str | None:
        """Return the message why no payment can be started at `now`, or None when one can."""
        match self.phase:
            case OrderPhase.CONFIRMED:
                return "This order is paid already."
            case OrderPhase.CLOSED:
                return "This order is no longer waiting for a payment."
            case OrderPhase.PENDING:
                if now >= self.payable_until:
                    return "The time to pay this order is over."
        return None

    def wants(self, payment_id: str) -> bool:
        """True if this payment may still be needed: the order is pending, or was sold by it."""
        if self.phase is OrderPhase.CONFIRMED:
            return self.confirmed_payment_id == payment_id
        return self.phase is OrderPhase.PENDING

    def is_sold_by(self, payment_id: str) -> bool:
        """True if the seats were sold by this payment."""
        return self.phase is OrderPhase.CONFIRMED and self.confirmed_payment_id == payment_id
