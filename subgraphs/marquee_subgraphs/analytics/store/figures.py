"""Sums of the facts, each for many at once and in one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Table, and_, case, distinct, func, select, true

from marquee_subgraphs.analytics.domain import (
    MOST_ROWS,
    Filling,
    MovieFigures,
    SalesGrouping,
    SalesSum,
    ShowtimeFact,
    Span,
    TrackedEvent,
)
from marquee_subgraphs.analytics.tables import (
    AUDITORIUMS,
    CINEMAS,
    DAILY_SALES,
    DAILY_TRACKED,
    MOVIES,
    PEOPLE,
    SALES,
    SEATS,
    SHOWTIMES,
    VISITS,
)
from marquee_subgraphs.kit.database import Connection
from marquee_subgraphs.kit.money import Currency

_GROUPED_BY = {
    SalesGrouping.DAY: SALES.c.local_date,
    SalesGrouping.MOVIE: SALES.c.movie_id,
    SalesGrouping.CINEMA: SALES.c.cinema_id,
    SalesGrouping.SHOWTIME: SALES.c.showtime_id,
}


@dataclass(frozen=True, slots=True)
class Scope:
    """The cinemas a report is about; None means all."""

    cinema_ids: frozenset[str] | None

    def within(self, column: ColumnElement[Any]) -> ColumnElement[bool]:
        """Return the condition that a row is of one of these cinemas."""
        return _TRUE if self.cinema_ids is None else column.in_(sorted(self.cinema_ids))


@dataclass(frozen=True, slots=True)
class Spending:
    """A person's purchases of one film."""

    user_id: str
    movie_id: str
    orders: int
    tickets: int
    last_at: datetime


class FigureStore:
    """Each method is one statement."""

    async def sales(
        self, connection: Connection, span: Span, scope: Scope, grouping: SalesGrouping
    ) -> list[SalesSum]:
        """Return the sums of each group and currency, by group."""
        column = _GROUPED_BY[grouping]
        rows = await connection.execute(
            select(column.label("key"), SALES.c.currency, *_sums(SALES))
            .where(_in_span(SALES.c.at, span), scope.within(SALES.c.cinema_id))
            .group_by(column, SALES.c.currency)
            .order_by(column, SALES.c.currency)
        )
        return [_sum(row, str(row.key)) for row in rows]

    async def sales_of(
        self, connection: Connection, kind: str, ids: Sequence[str], span: Span | None
    ) -> list[SalesSum]:
        """Return the sums of these cinemas (`cin`), auditoriums (`aud`) or showtimes (`shw`).

        Without a span they are of all time, from the sums by day.
        """
        table = DAILY_SALES if span is None else SALES
        column, source = _place(kind, table)
        statement = (
            select(column.label("key"), table.c.currency, *_sums(table))
            .select_from(source)
            .where(column.in_(ids))
            .group_by(column, table.c.currency)
        )
        if span is not None:
            statement = statement.where(_in_span(SALES.c.at, span))
        return [_sum(row, row.key) for row in await connection.execute(statement)]

    async def check_ins(self, connection: Connection, span: Span, scope: Scope) -> int:
        """Return how many people entered in the span, without check-ins that were undone."""
        statement = (
            select(func.count()).select_from(VISITS).where(VISITS.c.entered, _in_span(VISITS.c.at, span))
        )
        if scope.cinema_ids is not None:
            statement = statement.join(SHOWTIMES, SHOWTIMES.c.id == VISITS.c.showtime_id).where(
                scope.within(SHOWTIMES.c.cinema_id)
            )
        return int(await connection.scalar(statement))

    async def new_users(self, connection: Connection, span: Span) -> int:
        return int(
            await connection.scalar(
                select(func.count()).select_from(PEOPLE).where(_in_span(PEOPLE.c.registered_at, span))
            )
        )

    async def filling(
        self, connection: Connection, start: datetime, end: datetime | None, scope: Scope
    ) -> Filling:
        """Return the seats of showtimes that start then, and how many of them are sold."""
        of = select(SHOWTIMES.c.id, SHOWTIMES.c.seats).where(
            ~SHOWTIMES.c.cancelled, SHOWTIMES.c.starts_at >= start, scope.within(SHOWTIMES.c.cinema_id)
        )
        if end is not None:
            of = of.where(SHOWTIMES.c.starts_at < end)
        shown = of.subquery()
        sold = (
            select(func.count())
            .select_from(SEATS)
            .where(SEATS.c.sold, SEATS.c.showtime_id.in_(select(shown.c.id)))
            .scalar_subquery()
        )
        row = (
            await connection.execute(
                select(func.coalesce(func.sum(shown.c.seats), 0).label("seats"), sold.label("sold"))
            )
        ).one()
        return Filling(int(row.sold), int(row.seats))

    async def fillings(
        self, connection: Connection, span: Span, scope: Scope
    ) -> list[tuple[ShowtimeFact, Filling]]:
        """Return the showtimes that start in the span, by start, with how full they are."""
        rows = await connection.execute(
            select(SHOWTIMES, _SOLD.label("sold"))
            .where(
                ~SHOWTIMES.c.cancelled,
                _in_span(SHOWTIMES.c.starts_at, span),
                scope.within(SHOWTIMES.c.cinema_id),
            )
            .order_by(SHOWTIMES.c.starts_at, SHOWTIMES.c.id)
            .limit(MOST_ROWS)
        )
        return [(_showtime(row), Filling(int(row.sold), row.seats)) for row in rows]

    async def sold_of_showtimes(self, connection: Connection, ids: Sequence[str]) -> dict[str, int]:
        rows = await connection.execute(
            select(SEATS.c.showtime_id, func.count().label("sold"))
            .where(SEATS.c.sold, SEATS.c.showtime_id.in_(ids))
            .group_by(SEATS.c.showtime_id)
        )
        return {row.showtime_id: row.sold for row in rows}

    async def fillings_of(
        self, connection: Connection, kind: str, ids: Sequence[str], start: datetime
    ) -> dict[str, Filling]:
        """Return how full cinemas (`cin`) or auditoriums (`aud`) are, by showtimes from `start` on."""
        column = SHOWTIMES.c.cinema_id if kind == "cin" else SHOWTIMES.c.auditorium_id
        each = (
            select(column.label("key"), SHOWTIMES.c.seats, _SOLD.label("sold"))
            .where(column.in_(ids), ~SHOWTIMES.c.cancelled, SHOWTIMES.c.starts_at >= start)
            .subquery()
        )
        rows = await connection.execute(
            select(
                each.c.key, func.sum(each.c.seats).label("seats"), func.sum(each.c.sold).label("sold")
            ).group_by(each.c.key)
        )
        return {row.key: Filling(int(row.sold), int(row.seats)) for row in rows}

    async def cinemas_of(self, connection: Connection, kind: str, ids: Sequence[str]) -> dict[str, str]:
        """Return the cinema of each auditorium (`aud`) or showtime (`shw`)."""
        table = AUDITORIUMS if kind == "aud" else SHOWTIMES
        rows = await connection.execute(select(table.c.id, table.c.cinema_id).where(table.c.id.in_(ids)))
        return {row.id: row.cinema_id for row in rows}

    async def views(
        self, connection: Connection, movie_ids: Sequence[str], since: date
    ) -> dict[str, MovieFigures]:
        """Return how often the pages of films were opened, in all and since a day."""
        table = DAILY_TRACKED
        rows = await connection.execute(
            select(
                table.c.subject,
                func.sum(table.c.times).label("all"),
                func.sum(case((table.c.date >= since, table.c.times), else_=0)).label("recent"),
            )
            .where(table.c.type == TrackedEvent.MOVIE_VIEWED.value, table.c.subject.in_(movie_ids))
            .group_by(table.c.subject)
        )
        return {row.subject: MovieFigures(views=int(row.all), recent_views=int(row.recent)) for row in rows}

    async def tickets(
        self, connection: Connection, movie_ids: Sequence[str], since: date
    ) -> dict[str, MovieFigures]:
        """Return how many tickets of films were sold, in all and since a day."""
        table = DAILY_SALES
        rows = await connection.execute(
            select(
                table.c.movie_id,
                func.sum(table.c.tickets).label("all"),
                func.sum(case((table.c.local_date >= since, table.c.tickets), else_=0)).label("recent"),
            )
            .where(table.c.movie_id.in_(movie_ids))
            .group_by(table.c.movie_id)
        )
        return {
            row.movie_id: MovieFigures(tickets=int(row.all), recent_tickets=int(row.recent)) for row in rows
        }

    async def spending(self, connection: Connection, user_ids: Sequence[str]) -> list[Spending]:
        """Return what each person bought of each film."""
        rows = await connection.execute(
            select(
                SALES.c.user_id,
                SALES.c.movie_id,
                func.sum(SALES.c.orders).label("orders"),
                func.sum(SALES.c.tickets).label("tickets"),
                func.max(SALES.c.at).label("last_at"),
            )
            .where(SALES.c.user_id.in_(user_ids))
            .group_by(SALES.c.user_id, SALES.c.movie_id)
        )
        return [
            Spending(row.user_id, row.movie_id, int(row.orders), int(row.tickets), row.last_at)
            for row in rows
        ]

    async def visits(
        self, connection: Connection, user_ids: Sequence[str]
    ) -> dict[str, tuple[int, datetime]]:
        """Return how many films each person has seen, and when they last entered."""
        rows = await connection.execute(
            select(
                VISITS.c.user_id,
                func.count(distinct(VISITS.c.movie_id)).label("movies"),
                func.max(VISITS.c.at).label("last_at"),
            )
            .where(VISITS.c.user_id.in_(user_ids), VISITS.c.entered)
            .group_by(VISITS.c.user_id)
        )
        return {row.user_id: (row.movies, row.last_at) for row in rows}

    async def last_seen(self, connection: Connection, user_ids: Sequence[str]) -> dict[str, datetime]:
        rows = await connection.execute(
            select(PEOPLE.c.user_id, PEOPLE.c.last_seen_at).where(
                PEOPLE.c.user_id.in_(user_ids), PEOPLE.c.last_seen_at.is_not(None)
            )
        )
        return {row.user_id: row.last_seen_at for row in rows}

    async def genres(self, connection: Connection, movie_ids: Sequence[str]) -> dict[str, list[str]]:
        rows = await connection.execute(
            select(MOVIES.c.id, MOVIES.c.genres).where(MOVIES.c.id.in_(movie_ids))
        )
        return {row.id: list(row.genres) for row in rows}

    async def cinema_names(self, connection: Connection, ids: Sequence[str]) -> dict[str, str]:
        """Return the names of cinemas."""
        rows = await connection.execute(select(CINEMAS.c.id, CINEMAS.c.name).where(CINEMAS.c.id.in_(ids)))
        return {row.id: row.name for row in rows}

    async def movie_titles(self, connection: Connection, ids: Sequence[str]) -> dict[str, str]:
        """Return the titles of films."""
        rows = await connection.execute(select(MOVIES.c.id, MOVIES.c.title).where(MOVIES.c.id.in_(ids)))
        return {row.id: row.title for row in rows}

    async def showtimes(self, connection: Connection, ids: Sequence[str]) -> dict[str, ShowtimeFact]:
        rows = await connection.execute(select(SHOWTIMES).where(SHOWTIMES.c.id.in_(ids)))
        return {row.id: _showtime(row) for row in rows}


_SOLD = (
    select(func.count())
    .select_from(SEATS)
    .where(SEATS.c.sold, SEATS.c.showtime_id == SHOWTIMES.c.id)
    .correlate(SHOWTIMES)
    .scalar_subquery()
)
_TRUE: ColumnElement[bool] = true()


def _in_span(column: ColumnElement[Any], span: Span) -> ColumnElement[bool]:
    return and_(column >= span.start, column < span.end)


def _sums(table: Table) -> list[ColumnElement[Any]]:
    return [func.sum(table.c[name]).label(name) for name in ("orders", "tickets", "captured", "refunded")]


def _sum(row: Any, key: str) -> SalesSum:
    return SalesSum(
        key, Currency(row.currency), int(row.orders), int(row.tickets), int(row.captured), int(row.refunded)
    )


def _place(kind: str, table: Table) -> tuple[ColumnElement[Any], FromClause]:
    if kind == "aud":
        joined = table.join(SHOWTIMES, SHOWTIMES.c.id == table.c.showtime_id)
        return SHOWTIMES.c.auditorium_id, joined
    return (table.c.cinema_id if kind == "cin" else table.c.showtime_id), table


def _showtime(row: Any) -> ShowtimeFact:
    return ShowtimeFact(**{name: row._mapping[name] for name in ShowtimeFact.__slots__})
