"""Statements on the waitlist. Who writes entries of a showtime holds its row, so that nobody is overtaken."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, delete, func, insert, select, update

from marquee_subgraphs.kit.database import Connection, Transaction
from marquee_subgraphs.tickets.domain.waitlist import ListedEntry, WaitlistEntry, WaitlistStatus, status_of
from marquee_subgraphs.tickets.store.rows import values_of
from marquee_subgraphs.tickets.tables import HOLDS, ORDERS, SHOWTIMES, WAITLIST

_COLUMNS = [WAITLIST.c[name] for name in WaitlistEntry.__dataclass_fields__]
_SOLD = ("CONFIRMED", "PARTIALLY_REFUNDED", "REFUNDED")
_WAITING = (
    select(*_COLUMNS)
    .where(WAITLIST.c.showtime_id == bindparam("showtime_id"), WAITLIST.c.hold_id.is_(None))
    .order_by(WAITLIST.c.place)
    .limit(bindparam("limit"))
)


def _listed() -> Select[Any]:
    before = WAITLIST.alias("before")
    ahead = (
        select(func.count())
        .select_from(before)
        .where(
            before.c.showtime_id == WAITLIST.c.showtime_id,
            before.c.hold_id.is_(None),
            before.c.place < WAITLIST.c.place,
        )
        .scalar_subquery()
    )
    return (
        select(*_COLUMNS, ahead, HOLDS.c.is_open, HOLDS.c.expires_at, ORDERS.c.status)
        .outerjoin(HOLDS, HOLDS.c.id == WAITLIST.c.hold_id)
        .outerjoin(ORDERS, ORDERS.c.hold_id == WAITLIST.c.hold_id)
    )


def _to_listed(row: Any, now: datetime) -> ListedEntry:
    *values, ahead, is_open, expires_at, order_status = row
    entry = WaitlistEntry(*values)
    held_until = expires_at if is_open else None
    status = status_of(entry, held_until=held_until, is_sold=order_status in _SOLD, now=now)
    return ListedEntry(entry, status, ahead if status is WaitlistStatus.WAITING else None)


class WaitlistStore:
    """Reads and writes of waitlist entries."""

    async def find_waiting(
        self, connection: Connection, showtime_id: str, *, limit: int
    ) -> list[WaitlistEntry]:
        """Return the entries that wait for seats of a showtime, by place."""
        rows = await connection.execute(_WAITING, {"showtime_id": showtime_id, "limit": limit})
        return [WaitlistEntry(*values_of(row)) for row in rows]

    async def count(self, connection: Connection, showtime_id: str) -> int:
        """Count a showtime's entries, in whatever state."""
        statement = select(func.count()).select_from(WAITLIST).where(WAITLIST.c.showtime_id == showtime_id)
        return int(await connection.scalar(statement))

    async def save(self, tx: Transaction, entry: WaitlistEntry) -> None:
        """Keep a new entry."""
        values = {name: getattr(entry, name) for name in WaitlistEntry.__dataclass_fields__}
        await tx.execute(insert(WAITLIST), values)

    async def update(self, tx: Transaction, entry_id: str, **values: Any) -> None:
        """Change an entry."""
        await tx.execute(update(WAITLIST).where(WAITLIST.c.id == entry_id).values(**values))

    async def delete(self, tx: Transaction, entry_id: str) -> None:
        """Forget an entry."""
        await tx.execute(delete(WAITLIST).where(WAITLIST.c.id == entry_id))

    async def delete_closed_before(self, tx: Transaction, moment: datetime) -> None:
        """Forget the waitlists of showtimes whose sales closed before a moment."""
        closed = select(SHOWTIMES.c.id).where(SHOWTIMES.c.sales_close_at < moment)
        await tx.execute(delete(WAITLIST).where(WAITLIST.c.showtime_id.in_(closed)))

    async def find(self, connection: Connection, entry_id: str, now: datetime) -> ListedEntry | None:
        """Return one entry as it stands."""
        row = (await connection.execute(_listed().where(WAITLIST.c.id == entry_id))).first()
        return None if row is None else _to_listed(row, now)

    async def find_of_person(
        self, connection: Connection, *, showtime_id: str, person: str, now: datetime
    ) -> ListedEntry | None:
        """Return a person's entry for a showtime as it stands."""
        statement = _listed().where(WAITLIST.c.showtime_id == showtime_id, WAITLIST.c.person == person)
        row = (await connection.execute(statement)).first()
        return None if row is None else _to_listed(row, now)

    async def of_users(
        self, connection: Connection, user_ids: Sequence[str], now: datetime, *, limit: int
    ) -> dict[str, list[ListedEntry]]:
        """Return the newest entries of users."""
        rows = await connection.execute(
            _listed().where(WAITLIST.c.user_id.in_(user_ids)).order_by(WAITLIST.c.id.desc())
        )
        found: dict[str, list[ListedEntry]] = {user_id: [] for user_id in user_ids}
        for row in rows:
            listed = _to_listed(row, now)
            mine = found[listed.entry.user_id or ""]
            if len(mine) < limit:
                mine.append(listed)
        return found

    async def page(
        self, connection: Connection, *, showtime_id: str, after_place: int | None, limit: int, now: datetime
    ) -> list[ListedEntry]:
        """Return entries of a showtime in the order of their places."""
        statement = _listed().where(WAITLIST.c.showtime_id == showtime_id)
        if after_place is not None:
            statement = statement.where(WAITLIST.c.place > after_place)
        rows = await connection.execute(statement.order_by(WAITLIST.c.place).limit(limit))
        return [_to_listed(row, now) for row in rows]
