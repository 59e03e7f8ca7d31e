"""The invariants of seats, orders and tickets, as far as this store shows them. Reads only.

Each finding names what is wrong, so that `marquee verify` and every fault test can print it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, func, select

from marquee_subgraphs.kit.database import Connection, Database
from marquee_subgraphs.kit.invariants import Invariant
from marquee_subgraphs.tickets.tables import (
    HOLDS,
    ORDERS,
    REFUNDS,
    SEAT_CHANGES,
    SEATS,
    SHOWTIMES,
    TICKETS,
    VOUCHERS,
    WAITLIST,
)

_SOLD_ORDERS: Final = frozenset({"CONFIRMED", "PARTIALLY_REFUNDED", "REFUNDED"})
_LIVE_TICKETS: Final = frozenset({"VALID", "CHECKED_IN", "REFUND_PENDING"})


async def verify(database: Database) -> list[Invariant]:
    """Check every invariant on one snapshot of the store."""
    checks: Sequence[tuple[str, Callable[[_Snapshot], list[str]]]] = (
        ("no seat is sold twice", _no_seat_twice),
        ("a sold seat and its ticket belong together", _seats_match_tickets),
        ("a confirmed order has exactly its tickets", _orders_match_tickets),
        ("an order that ended unpaid has no seat and no valid ticket", _ended_orders_own_nothing),
        ("a held seat belongs to an open hold with the same end", _held_seats_have_holds),
        ("a pending order has an open hold, and they end together", _pending_orders_have_holds),
        ("ticket prices add up to the order", _prices_add_up),
        ("refunds never exceed what was paid", _refunds_bounded),
        ("a voucher is used by one order that did not end unpaid", _vouchers_once),
        ("offered seats are held for who waited, once", _offers_have_holds),
        ("seat versions are counted without a gap ahead", _versions_consistent),
    )
    async with database.read(heavy=True) as connection:
        snapshot = await _read(connection)
    return [Invariant(name, check(snapshot)) for name, check in checks]


@dataclass(frozen=True, slots=True)
class _Snapshot:
    seats: Sequence[Row[Any]]
    holds: dict[str, Row[Any]]
    orders: dict[str, Row[Any]]
    tickets: Sequence[Row[Any]]
    vouchers: Sequence[Row[Any]]
    pending_refunds: dict[str, int]
    versions: Sequence[Row[Any]]
    offers: Sequence[Row[Any]]


async def _read(connection: Connection) -> _Snapshot:
    read: Callable[[Any], Awaitable[Any]] = connection.execute
    holds = await read(select(HOLDS))
    orders = await read(select(ORDERS))
    refunds = await read(
        select(REFUNDS.c.order_id, func.sum(REFUNDS.c.amount))
        .where(REFUNDS.c.status == "APPROVED")
        .group_by(REFUNDS.c.order_id)
    )
    newest = select(SEAT_CHANGES.c.showtime_id, func.max(SEAT_CHANGES.c.version).label("newest")).group_by(
        SEAT_CHANGES.c.showtime_id
    )
    logged = newest.subquery()
    versions = await read(
        select(SHOWTIMES.c.id, SHOWTIMES.c.seat_version, logged.c.newest).join(
            logged, logged.c.showtime_id == SHOWTIMES.c.id
        )
    )
    return _Snapshot(
        seats=(await read(select(SEATS))).all(),
        holds={row.id: row for row in holds},
        orders={row.id: row for row in orders},
        tickets=(await read(select(TICKETS).order_by(TICKETS.c.id))).all(),
        vouchers=(await read(select(VOUCHERS).where(VOUCHERS.c.order_id.is_not(None)))).all(),
        pending_refunds={order_id: int(amount) for order_id, amount in map(tuple, refunds)},
        versions=versions.all(),
        offers=(await read(select(WAITLIST).where(WAITLIST.c.hold_id.is_not(None)))).all(),
    )


def _no_seat_twice(store: _Snapshot) -> list[str]:
    live = Counter(
        (ticket.showtime_id, ticket.seat_label) for ticket in store.tickets if ticket.status in _LIVE_TICKETS
    )
    return [
        f"{showtime} {label} has {count} tickets" for (showtime, label), count in live.items() if count > 1
    ]


def _seats_match_tickets(store: _Snapshot) -> list[str]:
    tickets = {
        (ticket.showtime_id, ticket.seat_label): ticket
        for ticket in store.tickets
        if ticket.status in _LIVE_TICKETS
    }
    findings = []
    for seat in store.seats:
        if seat.status not in ("SOLD", "CHECKED_IN"):
            continue
        ticket = tickets.pop((seat.showtime_id, seat.label), None)
        where = f"{seat.showtime_id} {seat.label}"
        if ticket is None:
            findings.append(f"{where} is {seat.status} without a ticket")
        elif ticket.order_id != seat.order_id:
            findings.append(f"{where} is sold to {seat.order_id}, its ticket to {ticket.order_id}")
        elif (seat.status == "CHECKED_IN") != (ticket.checked_in_at is not None):
            findings.append(f"{where} is {seat.status}, its ticket {ticket.status}")
    findings += [f"{ticket.id} is {ticket.status} and its seat is not sold" for ticket in tickets.values()]
    return findings


def _orders_match_tickets(store: _Snapshot) -> list[str]:
    labels: defaultdict[str, list[str]] = defaultdict(list)
    for ticket in store.tickets:
        labels[ticket.order_id].append(ticket.seat_label)
    findings = []
    for order in store.orders.values():
        has = sorted(labels[order.id])
        if order.status in _SOLD_ORDERS and has != sorted(seat["label"] for seat in order.seats):
            findings.append(f"{order.id} is {order.status} with tickets for {has}")
        if order.status in ("PENDING_PAYMENT", "EXPIRED") and has:
            findings.append(f"{order.id} is {order.status} and has tickets")
    return findings


def _ended_orders_own_nothing(store: _Snapshot) -> list[str]:
    # A person who had entered before the payment was lost stays seated.
    return [
        f"{ticket.order_id} is {store.orders[ticket.order_id].status} and {ticket.id} is {ticket.status}"
        for ticket in store.tickets
        if ticket.status in ("VALID", "REFUND_PENDING")
        and store.orders[ticket.order_id].status not in _SOLD_ORDERS
    ]


def _held_seats_have_holds(store: _Snapshot) -> list[str]:
    findings = []
    for seat in store.seats:
        if seat.status != "HELD":
            continue
        hold = store.holds.get(seat.hold_id)
        if hold is None or not hold.is_open:
            findings.append(f"{seat.showtime_id} {seat.label} is held by {seat.hold_id}, which is not open")
        elif hold.expires_at != seat.held_until or hold.showtime_id != seat.showtime_id:
            findings.append(f"{seat.showtime_id} {seat.label} and {hold.id} disagree on their end")
    return findings


def _pending_orders_have_holds(store: _Snapshot) -> list[str]:
    findings = []
    for order in store.orders.values():
        if order.status != "PENDING_PAYMENT":
            continue
        hold = store.holds.get(order.hold_id)
        if hold is None or not hold.is_open or hold.order_id != order.id:
            findings.append(f"{order.id} is pending without an open hold")
        elif hold.expires_at != order.expires_at:
            findings.append(f"{order.id} and its hold end at different times")
    return findings


def _prices_add_up(store: _Snapshot) -> list[str]:
    findings = []
    for order in store.orders.values():
        net = sum(seat["net"] for seat in order.seats)
        fees = sum(seat["fee"] for seat in order.seats)
        whole = order.subtotal - order.discount + order.booking_fee
        if (net + fees, fees, whole) != (order.total, order.booking_fee, order.total) or order.total < 0:
            findings.append(f"{order.id} totals {order.total}, its seats {net} and fees {fees}")
    return findings


def _refunds_bounded(store: _Snapshot) -> list[str]:
    findings = []
    for order in store.orders.values():
        pending = store.pending_refunds.get(order.id, 0)
        if order.status in _SOLD_ORDERS and order.refunded + pending > order.total:
            findings.append(f"{order.id} paid {order.total}, refunded {order.refunded}, pending {pending}")
    return findings


def _vouchers_once(store: _Snapshot) -> list[str]:
    users = Counter(
        order.voucher_code
        for order in store.orders.values()
        if order.voucher_code is not None and order.status in _SOLD_ORDERS | {"PENDING_PAYMENT"}
    )
    findings = [f"{code} is used by {count} orders" for code, count in users.items() if count > 1]
    for voucher in store.vouchers:
        order = store.orders.get(voucher.order_id)
        if order is None or order.status in ("EXPIRED", "FAILED", "CANCELLED"):
            findings.append(f"{voucher.code} is used by {voucher.order_id}, which ended")
    return findings


def _offers_have_holds(store: _Snapshot) -> list[str]:
    findings = []
    offered = Counter(entry.hold_id for entry in store.offers)
    findings += [f"{hold_id} is offered {count} times" for hold_id, count in offered.items() if count > 1]
    for entry in store.offers:
        hold = store.holds.get(entry.hold_id)
        if hold is None or hold.showtime_id != entry.showtime_id:
            findings.append(f"{entry.id} was offered {entry.hold_id}, which is not of its showtime")
        elif entry.user_id is not None and hold.user_id not in (None, entry.user_id):
            findings.append(f"{entry.id} was offered {hold.id}, which is somebody else's")
    return findings


def _versions_consistent(store: _Snapshot) -> list[str]:
    return [
        f"{row.id} is at version {row.seat_version}, its log at {row.newest}"
        for row in store.versions
        if row.newest > row.seat_version
    ]
