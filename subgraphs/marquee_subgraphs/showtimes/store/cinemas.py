"""Cinemas, each with the number of seats of all its auditoriums."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, tuple_

from marquee_subgraphs.kit.database import Connection, Transaction
from marquee_subgraphs.kit.money import Currency
from marquee_subgraphs.kit.pagination import PageRequest
from marquee_subgraphs.showtimes.domain.showtimes import CinemaRecord
from marquee_subgraphs.showtimes.tables import AUDITORIUMS, CINEMAS

_SEAT_COUNT = (
    select(func.coalesce(func.sum(AUDITORIUMS.c.seat_count), 0))
    .where(AUDITORIUMS.c.cinema_id == CINEMAS.c.id)
    .scalar_subquery()
)
_CINEMAS = select(CINEMAS, _SEAT_COUNT.label("seat_count"))


class CinemaStore:
    """Reads and writes of cinemas."""

    async def insert(self, tx: Transaction, cinema: CinemaRecord, now: datetime) -> None:
        """Add a cinema."""
        await tx.execute(
            CINEMAS.insert().values(
                id=cinema.id,
                name=cinema.name,
                city=cinema.city,
                address=cinema.address,
                time_zone=cinema.time_zone,
                currency=cinema.currency.value,
                created_at=now,
            )
        )

    async def find_many(self, connection: Connection, ids: Sequence[str]) -> dict[str, CinemaRecord]:
        """Return the cinemas with these ids, by id; an unknown id is left out."""
        rows = await connection.execute(_CINEMAS.where(CINEMAS.c.id.in_(ids)))
        return {row.id: _cinema(row) for row in rows}

    async def all(self, connection: Connection) -> list[CinemaRecord]:
        """Return every cinema: a chain has tens of them."""
        return [_cinema(row) for row in await connection.execute(_CINEMAS.order_by(CINEMAS.c.id))]

    async def page(self, connection: Connection, request: PageRequest) -> list[CinemaRecord]:
        """Return up to `first + 1` cinemas by name. The one in excess says that a next page exists."""
        query = _CINEMAS.order_by(CINEMAS.c.name, CINEMAS.c.id).limit(request.first + 1)
        if request.after is not None:
            query = query.where(tuple_(CINEMAS.c.name, CINEMAS.c.id) > request.after)
        return [_cinema(row) for row in await connection.execute(query)]

    async def count(self, connection: Connection) -> int:
        """Return the number of cinemas."""
        return int(await connection.scalar(select(func.count()).select_from(CINEMAS)))


def _cinema(row: Any) -> CinemaRecord:
    return CinemaRecord(
        id=row.id,
        name=row.name,
        city=row.city,
        address=row.address,
        time_zone=row.time_zone,
        currency=Currency(row.currency),
        seat_count=int(row.seat_count),
    )
