"""Statements on orders, their tickets and their refunds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update

from marquee_subgraphs.kit.database import Connection, Transaction
from marquee_subgraphs.tickets.domain.layout import SeatKind
from marquee_subgraphs.tickets.domain.orders import Order, OrderStatus, Ticket, TicketStatus
from marquee_subgraphs.tickets.domain.pricing import PriceLine, PriceLineKind, SeatPrice
from marquee_subgraphs.tickets.domain.refunds import Refund
from marquee_subgraphs.tickets.store.rows import values_of
from marquee_subgraphs.tickets.tables import ORDERS, REFUNDS, TICKETS

ORDER_COLUMNS = [ORDERS.c[name] for name in Order.__dataclass_fields__]
TICKET_COLUMNS = [TICKETS.c[name] for name in Ticket.__dataclass_fields__]


_REFUND = [REFUNDS.c[name] for name in Refund.__dataclass_fields__]


_SAVE_ORDER = insert(ORDERS)
_LOCK_ORDER = select(*ORDER_COLUMNS).where(ORDERS.c.id == bindparam("order_id")).with_for_update()
_SAVE_TICKETS = insert(TICKETS)


async def save_order(tx: Transaction, order: Order) -> None:
    """Keep a new order."""
    values = {name: getattr(order, name) for name in Order.__dataclass_fields__}
    values["seats"] = [asdict(seat) for seat in order.seats]
    values["lines"] = [asdict(line) for line in order.lines]
    await tx.execute(_SAVE_ORDER, values)


async def save_seats_of_order(tx: Transaction, order: Order) -> None:
    """Keep which seats an order has now, with their lines."""
    await update_order(
        tx,
        order.id,
        seats=[asdict(seat) for seat in order.seats],
        lines=[asdict(line) for line in order.lines],
    )


async def lock_order(tx: Transaction, order_id: str) -> Order | None:
    """Return an order, kept from others until the end of the transaction."""
    row = (await tx.execute(_LOCK_ORDER, {"order_id": order_id})).first()
    return None if row is None else to_order(row)


async def update_order(tx: Transaction, order_id: str, **values: Any) -> None:
    """Change an order."""
    await tx.execute(update(ORDERS).where(ORDERS.c.id == order_id).values(**values))


async def find_orders(connection: Connection, order_ids: Sequence[str]) -> dict[str, Order]:
    """Return the orders there are among `order_ids`."""
    rows = await connection.execute(select(*ORDER_COLUMNS).where(ORDERS.c.id.in_(order_ids)))
    return {row.id: to_order(row) for row in rows}


async def lock_orders_to_give_back(
    tx: Transaction, *, showtime_id: str, after_order_id: str, limit: int
) -> list[Order]:
    """Return orders of a showtime after one of them, in order of id; all states, so that progress counts."""
    rows = await tx.execute(
        select(*ORDER_COLUMNS)
        .where(ORDERS.c.showtime_id == showtime_id, ORDERS.c.id > after_order_id)
        .order_by(ORDERS.c.id)
        .limit(limit)
        .with_for_update()
    )
    return [to_order(row) for row in rows]


async def count_orders_of_showtime(connection: Connection, showtime_id: str) -> int:
    """Count a showtime's orders, in whatever state."""
    statement = select(func.count()).select_from(ORDERS).where(ORDERS.c.showtime_id == showtime_id)
    return int(await connection.scalar(statement))


def to_order(row: Any) -> Order:
    values = dict(row._mapping)
    values["status"] = OrderStatus(values["status"])
    values["seats"] = tuple(SeatPrice(**{**seat, "kind": SeatKind(seat["kind"])}) for seat in values["seats"])
    values["lines"] = tuple(
        PriceLine(**{**line, "kind": PriceLineKind(line["kind"])}) for line in values["lines"]
    )
    return Order(**values)


async def save_tickets(tx: Transaction, tickets: Sequence[Ticket]) -> None:
    """Keep new tickets."""
    await tx.execute(
        _SAVE_TICKETS,
        [{name: getattr(ticket, name) for name in Ticket.__dataclass_fields__} for ticket in tickets],
    )


async def lock_ticket(tx: Transaction, ticket_id: str) -> Ticket | None:
    """Return a ticket, kept from others until the end of the transaction."""
    row = (
        await tx.execute(select(*TICKET_COLUMNS).where(TICKETS.c.id == ticket_id).with_for_update())
    ).first()
    return None if row is None else to_ticket(row)


async def find_tickets(connection: Connection, ticket_ids: Sequence[str]) -> dict[str, Ticket]:
    """Return the tickets there are among `ticket_ids`."""
    rows = await connection.execute(select(*TICKET_COLUMNS).where(TICKETS.c.id.in_(ticket_ids)))
    return {row.id: to_ticket(row) for row in rows}


async def find_tickets_of_orders(connection: Connection, order_ids: Sequence[str]) -> dict[str, list[Ticket]]:
    """Return the tickets of several orders, in order of id."""
    rows = await connection.execute(
        select(*TICKET_COLUMNS).where(TICKETS.c.order_id.in_(order_ids)).order_by(TICKETS.c.id)
    )
    found: dict[str, list[Ticket]] = {order_id: [] for order_id in order_ids}
    for row in rows:
        found[row.order_id].append(to_ticket(row))
    return found


async def find_tickets_of_user(
    connection: Connection, user_id: str, movie_ids: Sequence[str]
) -> dict[str, list[Ticket]]:
    """Return a user's tickets for several movies, the newest first."""
    rows = await connection.execute(
        select(*TICKET_COLUMNS)
        .where(TICKETS.c.user_id == user_id, TICKETS.c.movie_id.in_(movie_ids))
        .order_by(TICKETS.c.id.desc())
    )
    found: dict[str, list[Ticket]] = {movie_id: [] for movie_id in movie_ids}
    for row in rows:
        found[row.movie_id].append(to_ticket(row))
    return found


async def update_tickets(tx: Transaction, ticket_ids: Sequence[str], **values: Any) -> None:
    """Change tickets."""
    await tx.execute(update(TICKETS).where(TICKETS.c.id.in_(ticket_ids)).values(**values))


async def check_in(tx: Transaction, *, ticket_id: str, now: datetime) -> bool:
    """Admit a valid ticket; False when it is not valid (any more). At most one scan ever gets True."""
    rows = await tx.execute(
        update(TICKETS)
        .where(TICKETS.c.id == ticket_id, TICKETS.c.status == "VALID")
        .values(status="CHECKED_IN", checked_in_at=now)
    )
    return rows.rowcount == 1


def to_ticket(row: Any) -> Ticket:
    values = dict(row._mapping)
    values["status"] = TicketStatus(values["status"])
    return Ticket(**values)


async def save_refund(tx: Transaction, refund: Refund) -> bool:
    """Keep a decision; False when this refund was decided before."""
    values = {name: getattr(refund, name) for name in Refund.__dataclass_fields__}
    rows = await tx.execute(tx.insert(REFUNDS).values(**values).on_conflict_do_nothing())
    return rows.rowcount == 1


async def find_refund(connection: Connection, refund_id: str) -> Refund | None:
    """Return one refund."""
    row = (await connection.execute(select(*_REFUND).where(REFUNDS.c.id == refund_id))).first()
    return None if row is None else Refund(*values_of(row))


async def update_refund(tx: Transaction, refund_id: str, **values: Any) -> None:
    """Change a refund."""
    await tx.execute(update(REFUNDS).where(REFUNDS.c.id == refund_id).values(**values))


async def sum_pending_refunds(connection: Connection, order_id: str) -> int:
    """Return the money of an order that is decided to go back and has not gone yet."""
    statement = select(func.coalesce(func.sum(REFUNDS.c.amount), 0)).where(
        REFUNDS.c.order_id == order_id, REFUNDS.c.status == "APPROVED"
    )
    return int(await connection.scalar(statement))


async def sum_pending_refunds_of_many(connection: Connection, order_ids: Sequence[str]) -> dict[str, int]:
    """Return the same for several orders; those without one are left out."""
    rows = await connection.execute(
        select(REFUNDS.c.order_id, func.sum(REFUNDS.c.amount))
        .where(REFUNDS.c.order_id.in_(order_ids), REFUNDS.c.status == "APPROVED")
        .group_by(REFUNDS.c.order_id)
    )
    return {order_id: int(amount) for order_id, amount in map(values_of, rows)}
