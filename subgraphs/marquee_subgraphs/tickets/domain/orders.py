"""Orders and tickets: their states, and which state may follow which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from marquee_subgraphs.kit.money import Money
from marquee_subgraphs.tickets.domain.layout import SeatKind
from marquee_subgraphs.tickets.domain.pricing import PriceLine, SeatPrice


class OrderStatus(StrEnum):
    """The state of an order."""

    PENDING_PAYMENT = "PENDING_PAYMENT"
    CONFIRMED = "CONFIRMED"
    PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED"
    REFUNDED = "REFUNDED"
    EXPIRED = "EXPIRED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class TicketStatus(StrEnum):
    """The state of a ticket."""

    VALID = "VALID"
    CHECKED_IN = "CHECKED_IN"
    REFUND_PENDING = "REFUND_PENDING"
    REFUNDED = "REFUNDED"
    VOID = "VOID"


class IllegalStep(Exception):
    """An order cannot go to that state: a bug in the caller, which has to check first."""


_STEPS: Final[Mapping[OrderStatus, frozenset[OrderStatus]]] = {
    OrderStatus.PENDING_PAYMENT: frozenset(
        {OrderStatus.CONFIRMED, OrderStatus.EXPIRED, OrderStatus.CANCELLED, OrderStatus.FAILED}
    ),
    OrderStatus.CONFIRMED: frozenset(
        {OrderStatus.PARTIALLY_REFUNDED, OrderStatus.REFUNDED, OrderStatus.FAILED, OrderStatus.CANCELLED}
    ),
    OrderStatus.PARTIALLY_REFUNDED: frozenset({OrderStatus.PARTIALLY_REFUNDED, OrderStatus.REFUNDED}),
    OrderStatus.REFUNDED: frozenset(),
    OrderStatus.EXPIRED: frozenset(),
    OrderStatus.FAILED: frozenset(),
    OrderStatus.CANCELLED: frozenset(),
}

SOLD: Final = frozenset({OrderStatus.CONFIRMED, OrderStatus.PARTIALLY_REFUNDED})
"""The states in which an order owns seats."""
HAD_SEATS: Final = SOLD | {OrderStatus.REFUNDED}
"""The states of an order that was sold its seats, whatever was given back since."""
ENDED_UNPAID: Final = frozenset({OrderStatus.EXPIRED, OrderStatus.FAILED, OrderStatus.CANCELLED})
"""The states in which an order owns no seats and its voucher is free again."""


def step(current: OrderStatus, following: OrderStatus) -> OrderStatus:
    """Return `following` if it may follow `current`. Raises `IllegalStep`."""
    if following not in _STEPS[current]:
        raise IllegalStep(f"an order cannot go from {current} to {following}")
    return following


def status_at(status: OrderStatus, expires_at: datetime | None, now: datetime) -> OrderStatus:
    """Return the status by the clock: a pending order past its time is EXPIRED, swept or not."""
    if status is OrderStatus.PENDING_PAYMENT and expires_at is not None and expires_at <= now:
        return OrderStatus.EXPIRED
    return status


@dataclass(frozen=True, slots=True)
class Order:
    """One order, its price frozen when it was placed; all amounts are in one currency."""

    id: str
    number: str
    hold_id: str
    showtime_id: str
    cinema_id: str
    movie_id: str
    user_id: str | None
    email: str | None
    locale: str
    status: OrderStatus
    subtotal: Money
    discount: Money
    booking_fee: Money
    tax: Money
    total: Money
    refunded: Money
    seats: tuple[SeatPrice, ...]
    lines: tuple[PriceLine, ...]
    voucher_code: str | None
    placed_at: datetime
    expires_at: datetime | None
    payment_id: str | None
    is_captured: bool
    failure_reason: str | None

    @property
    def seat_labels(self) -> list[str]:
        return [seat.label for seat in self.seats]

    @property
    def still_paid(self) -> Money:
        """What was paid and not refunded."""
        return self.total - self.refunded

    def reseated(self, label: str, ticket: Ticket) -> Order:
        """Return the order with the ticket's seat in place of `label`; no amount changes."""
        return replace(
            self,
            seats=tuple(
                replace(seat, label=ticket.seat_label, kind=SeatKind(ticket.kind))
                if seat.label == label
                else seat
                for seat in self.seats
            ),
            lines=tuple(
                replace(line, label=ticket.seat_label, seat_label=ticket.seat_label)
                if line.seat_label == label
                else line
                for line in self.lines
            ),
        )

    def status_at(self, now: datetime) -> OrderStatus:
        """Return the status by the clock."""
        return status_at(self.status, self.expires_at, now)


@dataclass(frozen=True, slots=True)
class Ticket:
    """The right to one seat of one showtime; `net` is what the seat cost, `fee` its share of the fee."""

    id: str
    order_id: str
    showtime_id: str
    cinema_id: str
    movie_id: str
    user_id: str | None
    seat_label: str
    kind: str
    net: Money
    fee: Money
    status: TicketStatus
    code_version: int
    refund_id: str | None
    checked_in_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """One scan of a ticket; a repetition with the same nonce gets the same result."""

    id: str
    ticket_id: str
    nonce: str
    gate: str
    staff_id: str
    at: datetime
    refusal: str | None
    """The code of the refusal; None when the ticket was admitted."""
