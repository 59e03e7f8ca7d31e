"""The invariants of showtimes: one film at a time in an auditorium, every seat counted. Reads only."""

from __future__ import annotations

from itertools import pairwise

from sqlalchemy import select

from marquee_subgraphs.kit.database import Connection, Database
from marquee_subgraphs.kit.invariants import Invariant
from marquee_subgraphs.showtimes.domain.showtimes import CLEANING_GAP
from marquee_subgraphs.showtimes.tables import AUDITORIUMS, SHOWTIMES


async def verify(database: Database) -> list[Invariant]:
    """Check every invariant of showtimes on one snapshot of the store."""
    async with database.read(heavy=True) as connection:
        return [
            Invariant("no two showtimes share an auditorium", await _overlaps(connection)),
            Invariant("an auditorium has as many seats as it counts", await _miscounted(connection)),
        ]


async def _overlaps(connection: Connection) -> list[str]:
    rows = await connection.execute(
        select(SHOWTIMES.c.id, SHOWTIMES.c.auditorium_id, SHOWTIMES.c.starts_at, SHOWTIMES.c.ends_at)
        .where(SHOWTIMES.c.cancelled_reason.is_(None))
        .order_by(SHOWTIMES.c.auditorium_id, SHOWTIMES.c.starts_at, SHOWTIMES.c.id)
    )
    # By start, the first showtime that overlaps another also overlaps its neighbour.
    return [
        f"{second.id} begins before {first.id} has ended and the auditorium is clean"
        for first, second in pairwise(rows)
        if first.auditorium_id == second.auditorium_id and second.starts_at < first.ends_at + CLEANING_GAP
    ]


async def _miscounted(connection: Connection) -> list[str]:
    auditoriums = await connection.execute(
        select(AUDITORIUMS.c.id, AUDITORIUMS.c.seat_count, AUDITORIUMS.c.seats).order_by(AUDITORIUMS.c.id)
    )
    return [
        f"{auditorium.id} has {len(auditorium.seats)} seats and counts {auditorium.seat_count}"
        for auditorium in auditoriums
        if len(auditorium.seats) != auditorium.seat_count
    ]
