"""What is read of cinemas, auditoriums and showtimes: of many at once, in a constant number of statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from marquee_subgraphs.kit.backend import Backend
from marquee_subgraphs.kit.pagination import Page, PageRequest
from marquee_subgraphs.kit.refusals import InvalidInput
from marquee_subgraphs.showtimes.domain.layout import SeatPlace
from marquee_subgraphs.showtimes.domain.showtimes import (
    SALES_CLOSE_AFTER_START,
    AuditoriumRecord,
    CinemaRecord,
    ShowtimeRecord,
    ShowtimeStatus,
)
from marquee_subgraphs.showtimes.store import ShowtimesStore
from marquee_subgraphs.showtimes.store.showtimes import ShowtimeQuery, Span

ParentColumn = Literal["movie_id", "cinema_id"]


@dataclass(frozen=True, slots=True)
class ShowtimeCriteria:
    """Which showtimes a client asks for; None allows any value.

    Without a date, a range and a status: those that still sell, and later ones.
    """

    movie_id: str | None = None
    cinema_id: str | None = None
    date: date | None = None
    """A calendar day in the cinema's own time zone."""
    from_: datetime | None = None
    to: datetime | None = None
    status: ShowtimeStatus | None = None


@dataclass(frozen=True, slots=True)
class NestedPage:
    """Names one page of the showtimes of one film or cinema; the key of its batch load."""

    parent_column: ParentColumn
    parent_id: str
    request: PageRequest
    criteria: ShowtimeCriteria

    @property
    def all_criteria(self) -> ShowtimeCriteria:
        """The criteria with the parent among them: what `count_showtimes` takes."""
        if self.parent_column == "movie_id":
            return replace(self.criteria, movie_id=self.parent_id)
        return replace(self.criteria, cinema_id=self.parent_id)


class ShowtimeQueries:
    """Reads for resolvers. Methods named `…_by_…` are batch loads: they leave out what does not exist."""

    def __init__(self, backend: Backend, store: ShowtimesStore) -> None:
        self._backend = backend
        self._store = store

    # Cinemas and auditoriums

    async def cinemas_by_id(self, ids: Sequence[str]) -> Mapping[str, CinemaRecord]:
        """Batch load of cinemas."""
        async with self._backend.database.read() as connection:
            return await self._store.cinemas.find_many(connection, ids)

    async def page_of_cinemas(self, request: PageRequest) -> Page[CinemaRecord]:
        """Return cinemas by name."""
        async with self._backend.database.read() as connection:
            rows = await self._store.cinemas.page(connection, request)
        return Page.of(rows, request, lambda cinema: (cinema.name, cinema.id))

    async def count_cinemas(self) -> int:
        """Return the number of cinemas."""
        async with self._backend.database.read() as connection:
            return await self._store.cinemas.count(connection)

    async def auditoriums_by_id(self, ids: Sequence[str]) -> Mapping[str, AuditoriumRecord]:
        """Batch load of auditoriums."""
        async with self._backend.database.read() as connection:
            return await self._store.auditoriums.find_many(connection, ids)

    async def auditoriums_by_cinema(self, ids: Sequence[str]) -> Mapping[str, list[AuditoriumRecord]]:
        """Batch load of each cinema's auditoriums, by name."""
        async with self._backend.database.read() as connection:
            return await self._store.auditoriums.of_cinemas(connection, ids)

    async def page_of_auditoriums(
        self, request: PageRequest, cinema_id: str | None
    ) -> Page[AuditoriumRecord]:
        """Return auditoriums by name, of one cinema or of all (None)."""
        async with self._backend.database.read() as connection:
            rows = await self._store.auditoriums.page(connection, request, cinema_id)
        return Page.of(rows, request, lambda auditorium: (auditorium.name, auditorium.id))

    async def count_auditoriums(self, cinema_id: str | None) -> int:
        """Return the number of auditoriums that `page_of_auditoriums` lists with the same filter."""
        async with self._backend.database.read() as connection:
            return await self._store.auditoriums.count(connection, cinema_id)

    # Seats

    async def seats_by_auditorium(self, ids: Sequence[str]) -> Mapping[str, list[SeatPlace]]:
        """Batch load of the seats of auditoriums, row by row."""
        async with self._backend.database.read() as connection:
            return await self._store.auditoriums.seats_of(connection, ids)

    async def places_by_showtime(self, ids: Sequence[str]) -> Mapping[str, Mapping[str, SeatPlace]]:
        """Batch load of the seats of showtimes, each by its label."""
        async with self._backend.database.read() as connection:
            found = await self._store.auditoriums.seats_by_showtime(connection, ids)
        return {showtime_id: {seat.label: seat for seat in seats} for showtime_id, seats in found.items()}

    # Showtimes

    async def showtimes_by_id(self, ids: Sequence[str]) -> Mapping[str, ShowtimeRecord]:
        """Batch load of showtimes."""
        async with self._backend.database.read() as connection:
            return await self._store.showtimes.find_many(connection, ids)

    async def page_of_showtimes(
        self, request: PageRequest, criteria: ShowtimeCriteria
    ) -> Page[ShowtimeRecord]:
        """Return showtimes by start. Raises `InvalidInput` for a date beyond the calendar."""
        query = await self._query(criteria)
        async with self._backend.database.read() as connection:
            rows = await self._store.showtimes.page(connection, request, query)
        return _showtime_page(rows, request)

    async def count_showtimes(self, criteria: ShowtimeCriteria) -> int:
        """Return the number of showtimes that match. Raises `InvalidInput`."""
        query = await self._query(criteria)
        async with self._backend.database.read() as connection:
            return await self._store.showtimes.count(connection, query)

    async def nested_pages(self, keys: Sequence[NestedPage]) -> Mapping[NestedPage, Page[ShowtimeRecord]]:
        """Batch load of nested pages: one statement for all parents with the same page and criteria."""
        groups: dict[tuple[ParentColumn, PageRequest, ShowtimeCriteria], list[NestedPage]] = {}
        for key in keys:
            groups.setdefault((key.parent_column, key.request, key.criteria), []).append(key)
        pages: dict[NestedPage, Page[ShowtimeRecord]] = {}
        for (column, request, criteria), group in groups.items():
            query = await self._query(criteria)
            async with self._backend.database.read() as connection:
                found = await self._store.showtimes.pages_by_parent(
                    connection, column, [key.parent_id for key in group], request, query
                )
            pages |= {key: _showtime_page(found[key.parent_id], request) for key in group}
        return pages

    async def _query(self, criteria: ShowtimeCriteria) -> ShowtimeQuery:
        now = self._backend.clock.now()
        return ShowtimeQuery(
            movie_id=criteria.movie_id,
            cinema_id=criteria.cinema_id,
            spans=await self._spans(criteria, now),
            status=criteria.status,
            now=now,
        )

    async def _spans(self, criteria: ShowtimeCriteria, now: datetime) -> tuple[Span, ...]:
        if criteria.date is None:
            if criteria.from_ is None and criteria.to is None and criteria.status is None:
                return (Span(start=now - SALES_CLOSE_AFTER_START),)
            return (Span(start=criteria.from_, end=criteria.to),)
        # The same day is another range of time in each cinema: 16 January begins at 05:00 UTC in Lima and at
        # 23:00 UTC of the 15th in Madrid.
        async with self._backend.database.read() as connection:
            cinemas = await self._store.cinemas.all(connection)
        return tuple(
            Span(cinema.id, *_local_day(criteria.date, cinema.time_zone))
            for cinema in cinemas
            if criteria.cinema_id in (None, cinema.id)
        )


def _showtime_page(rows: Sequence[ShowtimeRecord], request: PageRequest) -> Page[ShowtimeRecord]:
    return Page.of(rows, request, lambda showtime: (showtime.starts_at, showtime.id))


def _local_day(day: date, time_zone: str) -> tuple[datetime, datetime]:
    zone = ZoneInfo(time_zone)
    try:
        start = datetime.combine(day, time(), zone).astimezone(UTC)
        return start, datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
    except OverflowError as error:
        raise InvalidInput("is no day of any programme", ["filter", "date"]) from error
