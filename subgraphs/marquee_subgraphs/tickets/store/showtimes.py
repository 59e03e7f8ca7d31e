"""Statements on the projection of showtimes, their layouts, and how far their cancellation has come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from marquee_subgraphs.kit.database import Connection, Transaction
from marquee_subgraphs.tickets.domain.layout import SeatKind, SeatPlace
from marquee_subgraphs.tickets.domain.showtimes import Showtime
from marquee_subgraphs.tickets.store.rows import values_of
from marquee_subgraphs.tickets.tables import CANCELLATIONS, LAYOUTS, SHOWTIMES

_COLUMNS = [SHOWTIMES.c[name] for name in Showtime.__dataclass_fields__]


@dataclass(frozen=True, slots=True)
class Cancellation:
    """How far the refunds of a cancelled showtime have come; `after_order_id` is where to go on."""

    showtime_id: str
    reason: str
    orders_total: int
    orders_done: int
    after_order_id: str
    finished_at: datetime | None


async def save_showtime(tx: Transaction, values: dict[str, Any], places: Sequence[SeatPlace]) -> bool:
    """Keep a new showtime and its layout; False when it is known already."""
    rows = await tx.execute(tx.insert(SHOWTIMES).values(**values).on_conflict_do_nothing())
    if rows.rowcount != 1:
        return False
    await tx.execute(
        insert(LAYOUTS).values(
            showtime_id=values["id"],
            places=[
                [place.label, place.row, place.number, place.kind, place.x, place.y, place.companion_of]
                for place in places
            ],
        )
    )
    return True


async def update_showtime(tx: Transaction, showtime_id: str, **values: Any) -> None:
    """Change facts of a showtime."""
    await tx.execute(update(SHOWTIMES).where(SHOWTIMES.c.id == showtime_id).values(**values))


_ADVANCE = (
    update(SHOWTIMES)
    .where(SHOWTIMES.c.id == bindparam("showtime_id"))
    .values(seat_version=SHOWTIMES.c.seat_version + 1)
    .returning(*_COLUMNS)
)
_FIND = select(*_COLUMNS).where(SHOWTIMES.c.id == bindparam("showtime_id"))


async def advance_version(tx: Transaction, showtime_id: str) -> Showtime | None:
    """Count one change of the showtime's seats, and hold its row until the end of the transaction."""
    row = (await tx.execute(_ADVANCE, {"showtime_id": showtime_id})).first()
    return None if row is None else Showtime(*values_of(row))


async def find_showtime(connection: Connection, showtime_id: str) -> Showtime | None:
    """Return one showtime."""
    row = (await connection.execute(_FIND, {"showtime_id": showtime_id})).first()
    return None if row is None else Showtime(*values_of(row))


async def find_showtimes(connection: Connection, showtime_ids: Sequence[str]) -> dict[str, Showtime]:
    """Return the showtimes there are among `showtime_ids`."""
    rows = await connection.execute(select(*_COLUMNS).where(SHOWTIMES.c.id.in_(showtime_ids)))
    return {row.id: Showtime(*values_of(row)) for row in rows}


async def read_places(
    connection: Connection, showtime_ids: Sequence[str]
) -> dict[str, tuple[SeatPlace, ...]]:
    """Return the seats of several showtimes as they stand in the room."""
    rows = await connection.execute(
        select(LAYOUTS.c.showtime_id, LAYOUTS.c.places).where(LAYOUTS.c.showtime_id.in_(showtime_ids))
    )
    return {
        row.showtime_id: tuple(
            SeatPlace(label, row_label, number, SeatKind(kind), x, y, companion_of)
            for label, row_label, number, kind, x, y, companion_of in row.places
        )
        for row in rows
    }


async def begin_cancellation(tx: Transaction, *, showtime_id: str, reason: str, orders_total: int) -> None:
    """Note that every order of the showtime is to be given back."""
    await tx.execute(
        tx.insert(CANCELLATIONS)
        .values(showtime_id=showtime_id, reason=reason, orders_total=orders_total)
        .on_conflict_do_nothing()
    )


_CANCELLATION = [CANCELLATIONS.c[name] for name in Cancellation.__dataclass_fields__]


async def find_unfinished_cancellation(tx: Transaction) -> Cancellation | None:
    """Return one that has orders left, and hold it; another worker skips it."""
    row = (
        await tx.execute(
            select(*_CANCELLATION)
            .where(CANCELLATIONS.c.finished_at.is_(None))
            .order_by(CANCELLATIONS.c.showtime_id)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
    ).first()
    return None if row is None else Cancellation(*values_of(row))


async def find_cancellations(connection: Connection, showtime_ids: Sequence[str]) -> dict[str, Cancellation]:
    """Return how far the refunds of these showtimes are."""
    rows = await connection.execute(
        select(*_CANCELLATION).where(CANCELLATIONS.c.showtime_id.in_(showtime_ids))
    )
    return {row.showtime_id: Cancellation(*values_of(row)) for row in rows}


async def update_cancellation(tx: Transaction, showtime_id: str, **values: Any) -> None:
    """Note progress."""
    await tx.execute(update(CANCELLATIONS).where(CANCELLATIONS.c.showtime_id == showtime_id).values(**values))
