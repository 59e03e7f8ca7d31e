"""Auditoriums and their seats. The seats are one JSON column, written once and read as a whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, tuple_

from marquee_subgraphs.kit.database import Connection, Transaction
from marquee_subgraphs.kit.pagination import PageRequest
from marquee_subgraphs.showtimes.domain.layout import SeatKind, SeatPlace
from marquee_subgraphs.showtimes.domain.showtimes import AuditoriumRecord
from marquee_subgraphs.showtimes.tables import AUDITORIUMS, SHOWTIMES

_AUDITORIUMS = select(*(AUDITORIUMS.c[name] for name in ("id", "cinema_id", "name", "curved", "seat_count")))


class AuditoriumStore:
    """Reads and writes of auditoriums."""

    async def insert(
        self, tx: Transaction, auditorium: AuditoriumRecord, seats: Sequence[SeatPlace], now: datetime
    ) -> None:
        """Add an auditorium with its seats."""
        await tx.execute(
            AUDITORIUMS.insert().values(
                **asdict(auditorium), seats=[asdict(seat) for seat in seats], created_at=now
            )
        )

    async def find_many(self, connection: Connection, ids: Sequence[str]) -> dict[str, AuditoriumRecord]:
        """Return the auditoriums with these ids, by id; an unknown id is left out."""
        rows = await connection.execute(_AUDITORIUMS.where(AUDITORIUMS.c.id.in_(ids)))
        return {row.id: AuditoriumRecord(**row._mapping) for row in rows}

    async def lock(self, tx: Transaction, auditorium_id: str) -> AuditoriumRecord | None:
        """Return the auditorium, locked until the end of the transaction, or None."""
        # Two managers who schedule in one auditorium wait for each other here. Without the lock both would
        # find 20:00 free, for neither sees the other's uncommitted showtime.
        statement = _AUDITORIUMS.where(AUDITORIUMS.c.id == auditorium_id).with_for_update()
        row = (await tx.execute(statement)).first()
        return None if row is None else AuditoriumRecord(**row._mapping)

    async def seats_of(self, connection: Connection, ids: Sequence[str]) -> dict[str, list[SeatPlace]]:
        """Return the seats of each auditorium, row by row."""
        rows = await connection.execute(
            select(AUDITORIUMS.c.id, AUDITORIUMS.c.seats).where(AUDITORIUMS.c.id.in_(ids))
        )
        return {row.id: [_seat(seat) for seat in row.seats] for row in rows}

    async def seats_by_showtime(
        self, connection: Connection, showtime_ids: Sequence[str]
    ) -> dict[str, list[SeatPlace]]:
        """Return the seats of each showtime's auditorium."""
        rows = await connection.execute(
            select(SHOWTIMES.c.id, AUDITORIUMS.c.seats)
            .join(AUDITORIUMS, AUDITORIUMS.c.id == SHOWTIMES.c.auditorium_id)
            .where(SHOWTIMES.c.id.in_(showtime_ids))
        )
        return {row.id: [_seat(seat) for seat in row.seats] for row in rows}

    async def of_cinemas(
        self, connection: Connection, cinema_ids: Sequence[str]
    ) -> Mapping[str, list[AuditoriumRecord]]:
        """Return the auditoriums of each cinema, by name."""
        rows = await connection.execute(
            _AUDITORIUMS.where(AUDITORIUMS.c.cinema_id.in_(cinema_ids)).order_by(
                AUDITORIUMS.c.name, AUDITORIUMS.c.id
            )
        )
        found: dict[str, list[AuditoriumRecord]] = {cinema_id: [] for cinema_id in cinema_ids}
        for row in rows:
            found[row.cinema_id].append(AuditoriumRecord(**row._mapping))
        return found

    async def page(
        self, connection: Connection, request: PageRequest, cinema_id: str | None
    ) -> list[AuditoriumRecord]:
        """Return up to `first + 1` auditoriums by name, of one cinema or of all (None)."""
        query = _AUDITORIUMS.order_by(AUDITORIUMS.c.name, AUDITORIUMS.c.id).limit(request.first + 1)
        if cinema_id is not None:
            query = query.where(AUDITORIUMS.c.cinema_id == cinema_id)
        if request.after is not None:
            query = query.where(tuple_(AUDITORIUMS.c.name, AUDITORIUMS.c.id) > request.after)
        return [AuditoriumRecord(**row._mapping) for row in await connection.execute(query)]

    async def count(self, connection: Connection, cinema_id: str | None) -> int:
        """Return the number of auditoriums that `page` would list with the same filter."""
        query = select(func.count()).select_from(AUDITORIUMS)
        if cinema_id is not None:
            query = query.where(AUDITORIUMS.c.cinema_id == cinema_id)
        return int(await connection.scalar(query))


def _seat(seat: Mapping[str, Any]) -> SeatPlace:
    return SeatPlace(**{**seat, "kind": SeatKind(seat["kind"])})
