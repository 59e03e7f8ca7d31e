"""The rows of showtimes and their layouts, as the events of showtimes describe them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, bindparam, insert, select, update

from marquee_subgraphs.kit.database import Connection, Transaction
from marquee_subgraphs.tickets.domain.layout import SeatKind, SeatPlace
from marquee_subgraphs.tickets.domain.showtimes import Showtime
from marquee_subgraphs.tickets.store.rows import columns_of, read_money
from marquee_subgraphs.tickets.tables import LAYOUTS, SHOWTIMES

_COLUMNS = [SHOWTIMES.c[name] for name in (*Showtime.__dataclass_fields__, "currency")]


_ADVANCE = (
    update(SHOWTIMES)
    .where(SHOWTIMES.c.id == bindparam("showtime_id"))
    .values(seat_version=SHOWTIMES.c.seat_version + 1)
    .returning(*_COLUMNS)
)
_FIND = select(*_COLUMNS).where(SHOWTIMES.c.id == bindparam("showtime_id"))


class ShowtimeStore:
    """Reads and writes of showtimes and their layouts."""

    async def save(self, tx: Transaction, showtime: Showtime, places: Sequence[SeatPlace]) -> bool:
        """Add a showtime and its layout; False when it is known already. Two statements."""
        rows = await tx.execute(tx.insert(SHOWTIMES).values(**columns_of(showtime)).on_conflict_do_nothing())
        if rows.rowcount != 1:
            return False
        await tx.execute(
            insert(LAYOUTS).values(
                showtime_id=showtime.id,
                places=[
                    [place.label, place.row, place.number, place.kind, place.x, place.y, place.companion_of]
                    for place in places
                ],
            )
        )
        return True

    async def update(self, tx: Transaction, showtime_id: str, **values: Any) -> None:
        """Change facts of a showtime."""
        await tx.execute(update(SHOWTIMES).where(SHOWTIMES.c.id == showtime_id).values(**values))

    async def advance(self, tx: Transaction, showtime_id: str) -> Showtime | None:
        """Count one change of the showtime's seats, and lock its row until the end of the transaction."""
        row = (await tx.execute(_ADVANCE, {"showtime_id": showtime_id})).first()
        return None if row is None else _showtime(row)

    async def find(self, connection: Connection, showtime_id: str) -> Showtime | None:
        """Return one showtime."""
        row = (await connection.execute(_FIND, {"showtime_id": showtime_id})).first()
        return None if row is None else _showtime(row)

    async def find_many(self, connection: Connection, showtime_ids: Sequence[str]) -> dict[str, Showtime]:
        """Return the showtimes there are among `showtime_ids`."""
        rows = await connection.execute(select(*_COLUMNS).where(SHOWTIMES.c.id.in_(showtime_ids)))
        return {row.id: _showtime(row) for row in rows}

    async def places(
        self, connection: Connection, showtime_ids: Sequence[str]
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


def _showtime(row: Row[Any]) -> Showtime:
    return Showtime(**read_money(row, SHOWTIMES))
