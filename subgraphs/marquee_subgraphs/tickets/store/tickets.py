"""The rows of tickets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update

from marquee_subgraphs.kit.database import Connection, Transaction
from marquee_subgraphs.tickets.domain.orders import Ticket, TicketStatus
from marquee_subgraphs.tickets.store.rows import columns_of, read_money
from marquee_subgraphs.tickets.tables import TICKETS

TICKET_COLUMNS = [TICKETS.c[name] for name in (*Ticket.__dataclass_fields__, "currency")]
_SAVE_TICKETS = insert(TICKETS)


class TicketStore:
    """Reads and writes of tickets."""

    async def save(self, tx: Transaction, tickets: Sequence[Ticket]) -> None:
        """Keep new tickets."""
        await tx.execute(_SAVE_TICKETS, [columns_of(ticket) for ticket in tickets])

    async def lock(self, tx: Transaction, ticket_id: str) -> Ticket | None:
        """Return a ticket, kept from others until the end of the transaction."""
        row = (
            await tx.execute(select(*TICKET_COLUMNS).where(TICKETS.c.id == ticket_id).with_for_update())
        ).first()
        return None if row is None else to_ticket(row)

    async def find_many(self, connection: Connection, ticket_ids: Sequence[str]) -> dict[str, Ticket]:
        """Return the tickets there are among `ticket_ids`."""
        rows = await connection.execute(select(*TICKET_COLUMNS).where(TICKETS.c.id.in_(ticket_ids)))
        return {row.id: to_ticket(row) for row in rows}

    async def of_orders(self, connection: Connection, order_ids: Sequence[str]) -> dict[str, list[Ticket]]:
        """Return the tickets of several orders, in order of id."""
        rows = await connection.execute(
            select(*TICKET_COLUMNS).where(TICKETS.c.order_id.in_(order_ids)).order_by(TICKETS.c.id)
        )
        found: dict[str, list[Ticket]] = {order_id: [] for order_id in order_ids}
        for row in rows:
            found[row.order_id].append(to_ticket(row))
        return found

    async def of_user(
        self, connection: Connection, user_id: str, movie_ids: Sequence[str]
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

    async def update(self, tx: Transaction, ticket_ids: Sequence[str], **values: Any) -> None:
        """Change tickets."""
        await tx.execute(update(TICKETS).where(TICKETS.c.id.in_(ticket_ids)).values(**values))

    async def check_in(self, tx: Transaction, *, ticket_id: str, now: datetime) -> bool:
        """Admit a valid ticket; False when it is not valid (any more). At most one scan ever gets True."""
        rows = await tx.execute(
            update(TICKETS)
            .where(TICKETS.c.id == ticket_id, TICKETS.c.status == "VALID")
            .values(status="CHECKED_IN", checked_in_at=now)
        )
        return rows.rowcount == 1


def to_ticket(row: Any) -> Ticket:
    values = read_money(row, TICKETS)
    values["status"] = TicketStatus(values["status"])
    return Ticket(**values)
