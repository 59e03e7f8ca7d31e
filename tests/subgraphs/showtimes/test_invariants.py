"""Two films in one auditorium, and seats that are not counted, are found."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update

from marquee_subgraphs.kit.database import Database
from marquee_subgraphs.showtimes.invariants import verify
from marquee_subgraphs.showtimes.tables import AUDITORIUMS, SHOWTIMES
from tests.subgraphs.showtimes.conftest import House

FIRST, SECOND = "2026-01-16T18:00:00-05:00", "2026-01-16T20:05:00-05:00"


async def findings(database: Database) -> list[str]:
    return [finding for each in await verify(database) for finding in each.findings]


async def test_showtimes_that_share_an_auditorium_are_named(house: House) -> None:
    database = house.door.subgraph.database
    assert database is not None
    first, second = [(await house.schedule(start))["showtime"]["id"] for start in (FIRST, SECOND)]
    assert await findings(database) == []
    async with database.transaction() as tx:
        starts_at = await tx.scalar(select(SHOWTIMES.c.starts_at).where(SHOWTIMES.c.id == second))
        moved = update(SHOWTIMES).where(SHOWTIMES.c.id == second)
        await tx.execute(moved.values(starts_at=starts_at - timedelta(minutes=10)))
    assert await findings(database) == [
        f"{second} begins before {first} has ended and the auditorium is clean"
    ]
    async with database.transaction() as tx:
        await tx.execute(update(SHOWTIMES).values(cancelled_reason="projector"))
    assert await findings(database) == []


async def test_an_auditorium_that_miscounts_its_seats_is_named(house: House) -> None:
    database = house.door.subgraph.database
    assert database is not None
    async with database.transaction() as tx:
        await tx.execute(update(AUDITORIUMS).values(seat_count=15))
    assert await findings(database) == [f"{house.auditorium_id} has 14 seats and counts 15"]
