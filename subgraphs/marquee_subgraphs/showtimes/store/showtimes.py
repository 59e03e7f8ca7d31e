"""Showtimes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, tuple_, update

from marquee_subgraphs.kit.database import Connection, Transaction
from marquee_subgraphs.kit.money import Currency, Money
from marquee_subgraphs.kit.pagination import PageRequest
from marquee_subgraphs.showtimes.domain.showtimes import (
    CLEANING_GAP,
    ScreenFormat,
    ShowtimeRecord,
    ShowtimeStatus,
    Slot,
)
from marquee_subgraphs.showtimes.tables import SHOWTIMES


@dataclass(frozen=True, slots=True)
class Span:
    """A half-open range of starts, in one cinema or in all; None sets no bound."""

    cinema_id: str | None = None
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, slots=True)
class ShowtimeQuery:
    """Which showtimes to list: those whose start is in one of the `spans`. None allows any value."""

    movie_id: str | None
    cinema_id: str | None
    spans: tuple[Span, ...]
    status: ShowtimeStatus | None
    now: datetime
    """The moment at which `status` is judged."""


class ShowtimeStore:
    """Reads and writes of showtimes."""

    async def insert(self, tx: Transaction, showtime: ShowtimeRecord) -> None:
        """Add a showtime."""
        await tx.execute(
            SHOWTIMES.insert().values(
                id=showtime.id,
                movie_id=showtime.movie_id,
                cinema_id=showtime.cinema_id,
                auditorium_id=showtime.auditorium_id,
                starts_at=showtime.starts_at,
                ends_at=showtime.ends_at,
                sales_close_at=showtime.sales_close_at,
                base_price=showtime.base_price.minor_units,
                currency=showtime.base_price.currency.value,
                screen_format=showtime.screen_format.value,
                language=showtime.language,
                seat_count=showtime.seat_count,
                cancelled_reason=showtime.cancelled_reason,
            )
        )

    async def overlapping(
        self, tx: Transaction, auditorium_id: str, slot: Slot, *, but: str | None = None
    ) -> list[ShowtimeRecord]:
        """Return the showtimes in the auditorium, except `but`, that overlap `slot` and its cleaning."""
        # A film from 20:00 to 21:45 needs the auditorium empty from 19:40 and free until 22:05.
        query = select(SHOWTIMES).where(
            SHOWTIMES.c.auditorium_id == auditorium_id,
            SHOWTIMES.c.cancelled_reason.is_(None),
            SHOWTIMES.c.starts_at < slot.ends_at + CLEANING_GAP,
            SHOWTIMES.c.ends_at > slot.starts_at - CLEANING_GAP,
        )
        if but is not None:
            query = query.where(SHOWTIMES.c.id != but)
        return [_showtime(row) for row in await tx.execute(query.order_by(SHOWTIMES.c.starts_at))]

    async def find_many(self, connection: Connection, ids: Sequence[str]) -> dict[str, ShowtimeRecord]:
        """Return the showtimes with these ids, by id; an unknown id is left out."""
        rows = await connection.execute(select(SHOWTIMES).where(SHOWTIMES.c.id.in_(ids)))
        return {row.id: _showtime(row) for row in rows}

    async def set_slot(self, tx: Transaction, showtime_id: str, slot: Slot) -> None:
        """Write the times of a showtime."""
        await tx.execute(
            update(SHOWTIMES)
            .where(SHOWTIMES.c.id == showtime_id)
            .values(starts_at=slot.starts_at, ends_at=slot.ends_at, sales_close_at=slot.sales_close_at)
        )

    async def cancel(self, tx: Transaction, showtime_id: str, reason: str) -> None:
        """Write that a showtime is cancelled."""
        await tx.execute(
            update(SHOWTIMES).where(SHOWTIMES.c.id == showtime_id).values(cancelled_reason=reason)
        )

    async def page(
        self, connection: Connection, request: PageRequest, query: ShowtimeQuery
    ) -> list[ShowtimeRecord]:
        """Return up to `first + 1` showtimes by start. The one in excess says that a next page exists."""
        statement = select(SHOWTIMES).where(*_conditions(query)).limit(request.first + 1)
        if request.after is not None:
            statement = statement.where(tuple_(SHOWTIMES.c.starts_at, SHOWTIMES.c.id) > request.after)
        statement = statement.order_by(SHOWTIMES.c.starts_at, SHOWTIMES.c.id)
        return [_showtime(row) for row in await connection.execute(statement)]

    async def count(self, connection: Connection, query: ShowtimeQuery) -> int:
        """Return the number of showtimes that match."""
        statement = select(func.count()).select_from(SHOWTIMES).where(*_conditions(query))
        return int(await connection.scalar(statement))

    async def pages_by_parent(
        self,
        connection: Connection,
        column: str,
        parent_ids: Sequence[str],
        request: PageRequest,
        query: ShowtimeQuery,
    ) -> Mapping[str, list[ShowtimeRecord]]:
        """Return what `page` returns for each parent (`column` is `movie_id` or `cinema_id`), at once."""
        parent = SHOWTIMES.c[column]
        # `LIMIT` would cut the rows of all parents together; the row number counts within each of them.
        place = func.row_number().over(partition_by=parent, order_by=(SHOWTIMES.c.starts_at, SHOWTIMES.c.id))
        inner: Select[Any] = select(SHOWTIMES, place.label("place")).where(
            parent.in_(parent_ids), *_conditions(query)
        )
        if request.after is not None:
            inner = inner.where(tuple_(SHOWTIMES.c.starts_at, SHOWTIMES.c.id) > request.after)
        ranked = inner.subquery()
        rows = await connection.execute(
            select(ranked)
            .where(ranked.c.place <= request.first + 1)
            .order_by(ranked.c.starts_at, ranked.c.id)
        )
        found: dict[str, list[ShowtimeRecord]] = {parent_id: [] for parent_id in parent_ids}
        for row in rows:
            found[row._mapping[column]].append(_showtime(row))
        return found


def _conditions(query: ShowtimeQuery) -> list[ColumnElement[bool]]:
    # Without any span nothing matches: no cinema has the day that was asked for.
    conditions: list[ColumnElement[bool]] = [or_(false(), *(_in_span(span) for span in query.spans))]
    if query.movie_id is not None:
        conditions.append(SHOWTIMES.c.movie_id == query.movie_id)
    if query.cinema_id is not None:
        conditions.append(SHOWTIMES.c.cinema_id == query.cinema_id)
    if query.status is ShowtimeStatus.CANCELLED:
        conditions.append(SHOWTIMES.c.cancelled_reason.is_not(None))
    elif query.status is not None:
        ended = SHOWTIMES.c.ends_at <= query.now
        conditions.append(SHOWTIMES.c.cancelled_reason.is_(None))
        conditions.append(ended if query.status is ShowtimeStatus.ENDED else ~ended)
    return conditions


def _in_span(span: Span) -> ColumnElement[bool]:
    parts: list[ColumnElement[bool]] = []
    if span.cinema_id is not None:
        parts.append(SHOWTIMES.c.cinema_id == span.cinema_id)
    if span.start is not None:
        parts.append(SHOWTIMES.c.starts_at >= span.start)
    if span.end is not None:
        parts.append(SHOWTIMES.c.starts_at < span.end)
    return and_(True, *parts)


def _showtime(row: Any) -> ShowtimeRecord:
    return ShowtimeRecord(
        id=row.id,
        movie_id=row.movie_id,
        cinema_id=row.cinema_id,
        auditorium_id=row.auditorium_id,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        sales_close_at=row.sales_close_at,
        base_price=Money(row.base_price, Currency(row.currency)),
        screen_format=ScreenFormat(row.screen_format),
        language=row.language,
        seat_count=row.seat_count,
        cancelled_reason=row.cancelled_reason,
    )
