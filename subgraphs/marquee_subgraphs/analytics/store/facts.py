"""Writes of the facts that events tell, and of the sums by day that go with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Table, or_, select, update

from marquee_subgraphs.analytics.domain import SalesLine, TrackedEvent
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
    """Each method is one statement or says otherwise."""

    async def save_cinema(self, tx: Transaction, cinema_id: str, name: str, time_zone: str) -> None:
        await _keep(tx, CINEMAS, {"id": cinema_id, "name": name, "time_zone": time_zone})

    async def save_auditorium(self, tx: Transaction, auditorium_id: str, cinema_id: str) -> None:
        await _keep(tx, AUDITORIUMS, {"id": auditorium_id, "cinema_id": cinema_id})

    async def save_movie(self, tx: Transaction, movie_id: str, title: str, genres: Sequence[str]) -> None:
        await _keep(tx, MOVIES, {"id": movie_id, "title": title, "genres": list(genres)})

    async def save_showtime(self, tx: Transaction, values: Mapping[str, Any]) -> None:
        """Write a showtime as it was scheduled."""
        await _keep(tx, SHOWTIMES, {**values, "cancelled": False})

    async def change_showtime(self, tx: Transaction, showtime_id: str, values: Mapping[str, Any]) -> None:
        await tx.execute(update(SHOWTIMES).where(SHOWTIMES.c.id == showtime_id).values(**values))

    async def set_seats(
        self, tx: Transaction, showtime_id: str, labels: Sequence[str], *, sold: bool, version: int
    ) -> None:
        """Write whether seats are sold, unless something newer is known of one."""
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
        """The time zone of a cinema, by itself or by its showtime. At most two statements."""
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
        names = [column.name for column in DAILY_SALES.columns]
        await _add_up(tx, DAILY_SALES, {name: values[name] for name in names}, _SUMMED)
        return True

    async def save_visit(self, tx: Transaction, values: Mapping[str, Any]) -> None:
        """Write whether the holder of a ticket has entered."""
        await _keep(tx, VISITS, values)

    async def add_person(self, tx: Transaction, user_id: str, now: datetime) -> None:
        await tx.execute(
            tx.insert(PEOPLE).values(user_id=user_id, registered_at=now).on_conflict_do_nothing()
        )

    async def see_person(self, tx: Transaction, user_id: str, now: datetime) -> None:
        """Note that somebody known was here."""
        later = or_(PEOPLE.c.last_seen_at.is_(None), PEOPLE.c.last_seen_at < now)
        await tx.execute(update(PEOPLE).where(PEOPLE.c.user_id == user_id, later).values(last_seen_at=now))

    async def forget(self, tx: Transaction, user_id: str, stand_in: str) -> None:
        """Count on, without knowing of whom: nothing leads to the person any more. Four statements."""
        # The person's row first: who is telling of them (`name_of`) holds it.
        await tx.execute(
            update(PEOPLE).where(PEOPLE.c.user_id == user_id).values(user_id=stand_in, last_seen_at=None)
        )
        await tx.execute(tx.insert(FORGOTTEN).values(user_id=user_id).on_conflict_do_nothing())
        await tx.execute(update(SALES).where(SALES.c.user_id == user_id).values(user_id=None))
        await tx.execute(update(VISITS).where(VISITS.c.user_id == user_id).values(user_id=None))

    async def name_of(self, tx: Transaction, user_id: str | None) -> str | None:
        """The id under which somebody's facts are kept: none once they were forgotten, nor are they forgotten
        by another before this transaction ends. At most two statements.
        """
        if user_id is None:
            return None
        known = select(PEOPLE.c.user_id).where(PEOPLE.c.user_id == user_id)
        if await tx.scalar(known.with_for_update(read=True)) is not None:
            return user_id
        gone = await tx.scalar(select(FORGOTTEN.c.user_id).where(FORGOTTEN.c.user_id == user_id))
        return None if gone is not None else user_id

    async def knows(self, connection: Connection, table: Table, id_: str) -> bool:
        return await connection.scalar(select(table.c.id).where(table.c.id == id_)) is not None

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
