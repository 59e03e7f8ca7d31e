"""Pages of orders and tickets, the newest first; the pages of many customers in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Table, func, select

from marquee_subgraphs.kit.database import Connection
from marquee_subgraphs.kit.pagination import PageRequest
from marquee_subgraphs.tickets.domain.orders import Order, Ticket, TicketStatus
from marquee_subgraphs.tickets.store.orders import ORDER_COLUMNS, to_order
from marquee_subgraphs.tickets.store.rows import values_of
from marquee_subgraphs.tickets.store.tickets import TICKET_COLUMNS, to_ticket
from marquee_subgraphs.tickets.tables import ORDERS, SHOWTIMES, TICKETS


@dataclass(frozen=True, slots=True)
class OrderQuery:
    """Which orders of a customer are asked for; None means all."""

    cinemas: frozenset[str] | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        return [] if self.cinemas is None else [ORDERS.c.cinema_id.in_(sorted(self.cinemas))]


@dataclass(frozen=True, slots=True)
class TicketQuery:
    """Which tickets are asked for; None means all."""

    showtime_id: str | None = None
    order_id: str | None = None
    status: TicketStatus | None = None
    cinemas: frozenset[str] | None = None
    ending_after: datetime | None = None
    ended_before: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        wanted: list[ColumnElement[bool]] = [
            column == value
            for column, value in (
                (TICKETS.c.showtime_id, self.showtime_id),
                (TICKETS.c.order_id, self.order_id),
                (TICKETS.c.status, self.status),
            )
            if value is not None
        ]
        if self.cinemas is not None:
            wanted.append(TICKETS.c.cinema_id.in_(sorted(self.cinemas)))
        ends_at = select(SHOWTIMES.c.ends_at).where(SHOWTIMES.c.id == TICKETS.c.showtime_id).scalar_subquery()
        if self.ending_after is not None:
            wanted.append(ends_at > self.ending_after)
        if self.ended_before is not None:
            wanted.append(ends_at <= self.ended_before)
        return wanted


async def _page_by_user(
    connection: Connection,
    table: Table,
    columns: Sequence[Any],
    user_ids: Sequence[str],
    conditions: Sequence[ColumnElement[bool]],
    request: PageRequest,
) -> Sequence[Any]:
    # One statement for many customers: each row is numbered within its customer, and the page is the rows up
    # to `first + 1`, of which the last only says that there is a next page.
    rank = func.row_number().over(partition_by=table.c.user_id, order_by=table.c.id.desc()).label("rank")
    wanted = [table.c.user_id.in_(user_ids), *conditions]
    if request.after is not None:
        wanted.append(table.c.id < request.after[0])
    ranked = select(table.c.id.label("ranked_id"), rank).where(*wanted).subquery()
    rows = await connection.execute(
        select(*columns)
        .join(ranked, ranked.c.ranked_id == table.c.id)
        .where(ranked.c.rank <= request.first + 1)
        .order_by(table.c.id.desc())
    )
    return rows.all()


class PageStore:
    """Reads of pages."""

    async def tickets(self, connection: Connection, query: TicketQuery, request: PageRequest) -> list[Ticket]:
        """Return tickets of anyone, one more than asked for."""
        statement = select(*TICKET_COLUMNS).where(*query.conditions())
        if request.after is not None:
            statement = statement.where(TICKETS.c.id < request.after[0])
        rows = await connection.execute(statement.order_by(TICKETS.c.id.desc()).limit(request.first + 1))
        return [to_ticket(row) for row in rows]

    async def count_tickets(self, connection: Connection, query: TicketQuery) -> int:
        """Count tickets of anyone."""
        statement = select(func.count()).select_from(TICKETS).where(*query.conditions())
        return int(await connection.scalar(statement))

    async def orders_of_users(
        self, connection: Connection, user_ids: Sequence[str], query: OrderQuery, request: PageRequest
    ) -> dict[str, list[Order]]:
        """Return a page of each customer's orders, one more than asked for."""
        rows = await _page_by_user(connection, ORDERS, ORDER_COLUMNS, user_ids, query.conditions(), request)
        found: dict[str, list[Order]] = {user_id: [] for user_id in user_ids}
        for row in rows:
            found[row.user_id].append(to_order(row))
        return found

    async def tickets_of_users(
        self, connection: Connection, user_ids: Sequence[str], query: TicketQuery, request: PageRequest
    ) -> dict[str, list[Ticket]]:
        """Return a page of each customer's tickets, one more than asked for."""
        rows = await _page_by_user(connection, TICKETS, TICKET_COLUMNS, user_ids, query.conditions(), request)
        found: dict[str, list[Ticket]] = {user_id: [] for user_id in user_ids}
        for row in rows:
            found[row.user_id].append(to_ticket(row))
        return found

    async def count_by_user(
        self, connection: Connection, user_ids: Sequence[str], query: OrderQuery | TicketQuery
    ) -> dict[str, int]:
        """Count each customer's orders or tickets, without customers who have none."""
        table = ORDERS if isinstance(query, OrderQuery) else TICKETS
        rows = await connection.execute(
            select(table.c.user_id, func.count())
            .where(table.c.user_id.in_(user_ids), *query.conditions())
            .group_by(table.c.user_id)
        )
        return {user_id: int(count) for user_id, count in map(values_of, rows)}
