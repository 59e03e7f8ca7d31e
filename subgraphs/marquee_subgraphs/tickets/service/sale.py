"""What ends the waiting of an order: its seats are sold, or it ends unpaid. Joined by use cases and events.

Order of locks, the same everywhere: order, hold, showtime, seats.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.events import Envelope
from marquee_subgraphs.kit.ids import new_id
from marquee_subgraphs.tickets import store
from marquee_subgraphs.tickets.domain.orders import Order, OrderStatus, Ticket, TicketStatus, step
from marquee_subgraphs.tickets.domain.showtimes import Showtime
from marquee_subgraphs.tickets.service.box_office import BoxOffice

_EVENT_OF: Final = {
    OrderStatus.EXPIRED: "expired",
    OrderStatus.FAILED: "failed",
    OrderStatus.CANCELLED: "cancelled",
}


class Unsold(StrEnum):
    """Why an order could not be sold its seats."""

    SEATS_LOST = "SEATS_LOST"
    SHOWTIME_CANCELLED = "SHOWTIME_CANCELLED"


async def sell_order(
    office: BoxOffice,
    tx: Transaction,
    order: Order,
    *,
    payment_id: str | None,
    cause: Envelope | None,
) -> Order | Unsold:
    """Sell a pending order its seats and make its tickets: all of them, or say why nothing is sold."""
    now = office.clock.now()
    showtime = await advance(tx, order.showtime_id)
    if showtime.is_cancelled:
        return Unsold.SHOWTIME_CANCELLED
    labels = order.seat_labels
    sold = await store.sell_seats(
        tx,
        showtime_id=order.showtime_id,
        hold_id=order.hold_id,
        order_id=order.id,
        user_id=order.user_id,
        labels=labels,
        now=now,
    )
    if len(sold) != len(labels):
        # Some were lost: those that were not go back on sale, and the order gets none.
        if sold:
            freed = await store.free_sold(
                tx, showtime_id=order.showtime_id, order_id=order.id, labels=sorted(sold), now=now
            )
            await office.tell_seats(tx, "released", showtime, sorted(freed), order_id=order.id, cause=cause)
        return Unsold.SEATS_LOST
    order = replace(
        order,
        status=step(order.status, OrderStatus.CONFIRMED),
        payment_id=payment_id,
        expires_at=None,
        failure_reason=None,
    )
    tickets = _make_tickets(order, now)
    await store.update_order(
        tx, order.id, status=order.status, payment_id=payment_id, expires_at=None, failure_reason=None
    )
    await store.save_tickets(tx, tickets)
    await store.close_holds(tx, [order.hold_id])
    await office.tell_seats(tx, "sold", showtime, labels, order_id=order.id, cause=cause)
    await office.events.confirmed(tx, order, showtime, tickets, cause)
    office.tell_order(tx, order.id)
    return order


def _make_tickets(order: Order, now: datetime) -> list[Ticket]:
    # Ids of one moment are in no order of their own; sorted, tickets stand as their seats do.
    ids = sorted(new_id("tkt", now) for _ in order.seats)
    return [
        Ticket(
            id=ticket_id,
            order_id=order.id,
            showtime_id=order.showtime_id,
            cinema_id=order.cinema_id,
            movie_id=order.movie_id,
            user_id=order.user_id,
            seat_label=seat.label,
            kind=seat.kind,
            net=seat.net,
            fee=seat.fee,
            currency=order.currency,
            status=TicketStatus.VALID,
            code_version=1,
            refund_id=None,
            checked_in_at=None,
        )
        for ticket_id, seat in zip(ids, order.seats, strict=True)
    ]


async def end_unpaid(
    office: BoxOffice,
    tx: Transaction,
    order: Order,
    status: OrderStatus,
    *,
    reason: str | None = None,
    cause: Envelope | None = None,
) -> Order:
    """End a pending order without a sale: its seats and its voucher are free again."""
    now = office.clock.now()
    showtime = await advance(tx, order.showtime_id)
    freed = await store.free_held(tx, showtime_id=order.showtime_id, hold_ids=[order.hold_id], now=now)
    if freed:
        await office.tell_seats(tx, "released", showtime, sorted(freed), order_id=order.id, cause=cause)
    await store.close_holds(tx, [order.hold_id])
    return await end_order(office, tx, order, status, showtime, reason=reason, cause=cause)


async def end_order(
    office: BoxOffice,
    tx: Transaction,
    order: Order,
    status: OrderStatus,
    showtime: Showtime,
    *,
    reason: str | None,
    cause: Envelope | None,
) -> Order:
    """Write that an order is expired, failed or cancelled, give its voucher back, and tell."""
    order = replace(order, status=step(order.status, status), failure_reason=reason)
    await store.update_order(tx, order.id, status=status, failure_reason=reason)
    if order.voucher_code is not None:
        owner = await store.release_voucher(tx, code=order.voucher_code, order_id=order.id)
        if owner is not None:
            await office.events.voucher(
                tx, "released", code=order.voucher_code, user_id=owner, order_id=order.id, cause=cause
            )
    await office.events.ended(tx, _EVENT_OF[status], order, showtime, reason=reason, cause=cause)
    office.tell_order(tx, order.id)
    return order


async def advance(tx: Transaction, showtime_id: str) -> Showtime:
    """Take the row of a showtime that must be known, since something of ours refers to it."""
    showtime = await store.advance_version(tx, showtime_id)
    assert showtime is not None, "an order is for a showtime that is known"
    return showtime
