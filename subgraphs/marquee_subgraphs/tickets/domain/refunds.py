"""The refund policy as data, and what it gives back for which tickets at what time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from marquee_subgraphs.kit.money import Money
from marquee_subgraphs.tickets.domain.orders import SOLD, Order, Ticket, TicketStatus
from marquee_subgraphs.tickets.domain.showtimes import Showtime


@dataclass(frozen=True, slots=True)
class RefundRule:
    """Applies while the showtime is further away than `until_before`."""

    until_before: timedelta
    with_fee: bool
    staff_only: bool


POLICY: Final = (
    RefundRule(timedelta(hours=24), with_fee=True, staff_only=False),
    RefundRule(timedelta(hours=2), with_fee=False, staff_only=False),
    RefundRule(timedelta(0), with_fee=False, staff_only=True),
)
"""In order: the first rule that applies counts."""


@dataclass(frozen=True, slots=True)
class RefundableTicket:
    """What was paid for one ticket: the seat, and its share of the booking fee."""

    id: str
    net: Money
    fee: Money


@dataclass(frozen=True, slots=True)
class RefundOption:
    """What giving tickets back until then returns."""

    until: datetime
    amount: Money
    staff_only: bool


def refund_amount(tickets: Sequence[RefundableTicket], *, with_fee: bool, still_paid: Money) -> Money:
    """Return what these tickets give back; never more than is left of what was paid."""
    paid = (ticket.net + ticket.fee if with_fee else ticket.net for ticket in tickets)
    zero = Money.zero(still_paid.currency)
    return min(sum(paid, zero), max(still_paid, zero))


def refund_options(
    tickets: Sequence[RefundableTicket],
    *,
    starts_at: datetime,
    still_paid: Money,
    now: datetime,
) -> list[RefundOption]:
    """Return what may be got back from now on, the best first; nothing once the showtime has begun.

    Three days ahead: all until 24 h before the start, less the fee until 2 h before it, then only by staff.
    """
    if not tickets:
        return []
    return [
        RefundOption(
            starts_at - rule.until_before,
            refund_amount(tickets, with_fee=rule.with_fee, still_paid=still_paid),
            rule.staff_only,
        )
        for rule in POLICY
        if now < starts_at - rule.until_before
    ]


def options_for(
    order: Order, tickets: Sequence[Ticket], showtime: Showtime, *, pending: Money, now: datetime
) -> list[RefundOption]:
    """Return what giving these tickets back returns from now on; `pending` is on its way back already."""
    if order.status not in SOLD or showtime.is_cancelled:
        return []
    return refund_options(
        [
            RefundableTicket(ticket.id, ticket.net, ticket.fee)
            for ticket in tickets
            if ticket.status is TicketStatus.VALID
        ],
        starts_at=showtime.starts_at,
        still_paid=order.still_paid - pending,
        now=now,
    )


@dataclass(frozen=True, slots=True)
class Refund:
    """A refund that tickets decided; payments executes it."""

    id: str
    order_id: str
    payment_id: str
    amount: Money
    ticket_ids: list[str]
    status: str
    reason: str
    decided_at: datetime
