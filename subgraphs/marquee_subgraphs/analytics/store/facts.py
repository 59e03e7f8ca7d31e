"""The rows of facts from events, and of the sums by day that are written with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Table, or_, select, update

from marquee_subgraphs.analytics.domain import SalesLine, ShowtimeFact, TrackedEvent, Visit
from marquee_subgraphs.analytics.tables import (
    AUDITORIUMS,
    CINEMAS,
    DAILY_SALES,
    DAILY_TRACKED,
    FORGOTTEN,
    MOVIES,
    PEOPLE,
    SALES,
    SEATS,
    SHOWTIMES,
    VISITS,
)
from marquee_subgraphs.kit.database import Connection, Transaction

_SUMMED = ("orders", "tickets", "captured", "refunded")


class FactStore:
    """Writes of facts, and the reads that they need."""

    async def save_cinema(self, tx: Transaction, cinema_id: str, name: str, time_zone: str) -> None:
        await _keep(tx, CINEMAS, {"id": cinema_id, "name": name, "time_zone": time_zone})

    async def save_auditorium(self, tx: Transaction, auditorium_id: str, cinema_id: str) -> None:
        await _keep(tx, AUDITORIUMS, {"id": auditorium_id, "cinema_id": cinema_id})

    async def save_movie(self, tx: Transaction, movie_id: str, title: str, genres: Sequence[str]) -> None:
        await _keep(tx, MOVIES, {"id": movie_id, "title": title, "genres": list(genres)})

    async def save_showtime(self, tx: Transaction, showtime: ShowtimeFact) -> None:
        """Write a showtime as it was scheduled."""
        await _keep(tx, SHOWTIMES, {**asdict(showtime), "cancelled": False})

    async def reschedule(self, tx: Transaction, showtime_id: str, starts_at: datetime) -> None:
        """Move a showtime."""
        await tx.execute(update(SHOWTIMES).where(SHOWTIMES.c.id == showtime_id).values(starts_at=starts_at))

    async def cancel(self, tx: Transaction, showtime_id: str) -> None:
        """Mark a showtime as cancelled."""
        await tx.execute(update(SHOWTIMES).where(SHOWTIMES.c.id == showtime_id).values(cancelled=True))

    async def set_seats(
        self, tx: Transaction, showtime_id: str, labels: Sequence[str], *, sold: bool, version: int
    ) -> None:
        """Write whether seats are sold, except seats of which a newer version is known."""
        if not labels:
            return
        rows = [
            {"showtime_id": showtime_id, "label": label, "sold": sold, "version": version}
            for label in dict.fromkeys(labels)
        ]
        statement = tx.insert(SEATS).values(rows)
        await tx.execute(
            statement.on_conflict_do_update(
                index_elements=[SEATS.c.showtime_id, SEATS.c.label],
                set_={"sold": statement.excluded.sold, "version": statement.excluded.version},
                where=SEATS.c.version < statement.excluded.version,
            )
        )

    async def time_zone(self, connection: Connection, cinema_id: str, showtime_id: str) -> str | None:
        """Return the time zone of a cinema, from its own row or its showtime's. At most two statements."""
        found: str | None = await connection.scalar(
            select(CINEMAS.c.time_zone).where(CINEMAS.c.id == cinema_id)
        )
        if found is None:
            found = await connection.scalar(
                select(SHOWTIMES.c.time_zone).where(SHOWTIMES.c.id == showtime_id)
            )
        return found

    async def add_sale(self, tx: Transaction, line: SalesLine) -> bool:
        """Add a line and count it in its day; False, and nothing written, when it is there already.

        Two statements.
        """
        values = {**asdict(line), "currency": line.currency.value}
        rows = await tx.execute(tx.insert(SALES).values(**values).on_conflict_do_nothing())
        if rows.rowcount == 0:
            return False
        # Only after the line was new: a repeated event must not count twice in its day either.
        names = [column.name for column in DAILY_SALES.columns]
        await _add_up(tx, DAILY_SALES, {name: values[name] for name in names}, _SUMMED)
        return True

    async def save_visit(self, tx: Transaction, visit: Visit) -> None:
        """Write whether the holder of a ticket is inside."""
        await _keep(tx, VISITS, asdict(visit))

    async def add_person(self, tx: Transaction, user_id: str, now: datetime) -> None:
        await tx.execute(
            tx.insert(PEOPLE).values(user_id=user_id, registered_at=now).on_conflict_do_nothing()
        )

    async def see_person(self, tx: Transaction, user_id: str, now: datetime) -> None:
        """Write when a known person was last active."""
        later = or_(PEOPLE.c.last_seen_at.is_(None), PEOPLE.c.last_seen_at < now)
        await tx.execute(update(PEOPLE).where(PEOPLE.c.user_id == user_id, later).values(last_seen_at=now))

    async def forget(self, tx: Transaction, user_id: str, stand_in: str) -> None:
        """Take a person out of every fact; the facts still count. Four statements."""
        # The person's row first: it waits for a transaction that writes a fact about them (`name_of`).
        await tx.execute(
            update(PEOPLE).where(PEOPLE.c.user_id == user_id).values(user_id=stand_in, last_seen_at=None)
        )
        await tx.execute(tx.insert(FORGOTTEN).values(user_id=user_id).on_conflict_do_nothing())
        await tx.execute(update(SALES).where(SALES.c.user_id == user_id).values(user_id=None))
        await tx.execute(update(VISITS).where(VISITS.c.user_id == user_id).values(user_id=None))

    async def name_of(self, tx: Transaction, user_id: str | None) -> str | None:
        """Return the id to store a person's facts under, None after an erasure. An erasure waits for `tx`.

        At most two statements.
        """
        if user_id is None:
            return None
        known = select(PEOPLE.c.user_id).where(PEOPLE.c.user_id == user_id)
        if await tx.scalar(known.with_for_update(read=True)) is not None:
            return user_id
        gone = await tx.scalar(select(FORGOTTEN.c.user_id).where(FORGOTTEN.c.user_id == user_id))
        return None if gone is not None else user_id

    async def knows_movie(self, connection: Connection, movie_id: str) -> bool:
        """Return whether a film exists."""
        return await connection.scalar(select(MOVIES.c.id).where(MOVIES.c.id == movie_id)) is not None

    async def knows_showtime(self, connection: Connection, showtime_id: str) -> bool:
        """Return whether a showtime exists."""
        found = select(SHOWTIMES.c.id).where(SHOWTIMES.c.id == showtime_id)
        return await connection.scalar(found) is not None

    async def count_tracked(self, tx: Transaction, type_: TrackedEvent, subject: str, day: date) -> None:
        row = {"type": type_.value, "subject": subject, "date": day, "times": 1}
        await _add_up(tx, DAILY_TRACKED, row, ("times",))


def _key(table: Table) -> list[Column[Any]]:
    return list(table.primary_key.columns)


async def _keep(tx: Transaction, table: Table, row: Mapping[str, Any]) -> None:
    keys = {column.name for column in _key(table)}
    changed = {name: value for name, value in row.items() if name not in keys}
    await tx.execute(
        tx.insert(table).values(**row).on_conflict_do_update(index_elements=_key(table), set_=changed)
    )


async def _add_up(tx: Transaction, table: Table, row: Mapping[str, Any], summed: Sequence[str]) -> None:
    statement = tx.insert(table).values(**row)
    await tx.execute(
        statement.on_conflict_do_update(
            index_elements=_key(table),
            set_={name: table.c[name] + statement.excluded[name] for name in summed},
        )
    )
