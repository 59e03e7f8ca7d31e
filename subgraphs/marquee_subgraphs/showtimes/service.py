"""The use cases of cinemas, auditoriums and showtimes: one method each, one transaction each."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from marquee_subgraphs.kit.audit import AuditLog
from marquee_subgraphs.kit.clock import Clock
from marquee_subgraphs.kit.database import Database, Transaction
from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.ids import new_id
from marquee_subgraphs.kit.money import Currency, Money
from marquee_subgraphs.kit.pagination import Page, PageRequest
from marquee_subgraphs.kit.refusals import InvalidInput, NotFound
from marquee_subgraphs.kit.validation import InputCheck
from marquee_subgraphs.showtimes.domain import (
    HIGHEST_PRICE_MINOR_UNITS,
    SALES_CLOSE_AFTER_START,
    AuditoriumRecord,
    CinemaRecord,
    MovieRecord,
    ScreenFormat,
    ShowtimeRecord,
    ShowtimeStatus,
    Slot,
    start_problem,
)
from marquee_subgraphs.showtimes.errors import ShowtimeNotChangeable, ShowtimeOverlap
from marquee_subgraphs.showtimes.events import ShowtimeEvents
from marquee_subgraphs.showtimes.layout import LayoutPlan, LayoutProblem, SeatPlace, lay_out
from marquee_subgraphs.showtimes.store import ShowtimeQuery, ShowtimeStore

_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")


@dataclass(frozen=True, slots=True)
class ShowtimeWish:
    """Which showtimes a reader wants; nothing said about time means those that still sell or run."""

    movie_id: str | None = None
    cinema_id: str | None = None
    date: date | None = None
    """A calendar day in the cinema's own time zone."""
    from_: datetime | None = None
    to: datetime | None = None
    status: ShowtimeStatus | None = None


@dataclass(frozen=True, slots=True)
class ChildPage:
    """The key of a nested page: whose showtimes, which, and which page."""

    parent_column: str
    parent_id: str
    request: PageRequest
    wish: ShowtimeWish


class ShowtimeService:
    """Cinemas, their rooms and what is shown in them."""

    def __init__(
        self,
        *,
        database: Database,
        store: ShowtimeStore,
        events: ShowtimeEvents,
        audit: AuditLog,
        clock: Clock,
    ) -> None:
        self._database = database
        self._store = store
        self._events = events
        self._audit = audit
        self._clock = clock

    # Reading

    async def cinemas_by_id(self, ids: Sequence[str]) -> Mapping[str, CinemaRecord]:
        """Batch load of cinemas."""
        async with self._database.read() as connection:
            return await self._store.find_cinemas(connection, ids)

    async def auditoriums_by_id(self, ids: Sequence[str]) -> Mapping[str, AuditoriumRecord]:
        """Batch load of auditoriums."""
        async with self._database.read() as connection:
            return await self._store.find_auditoriums(connection, ids)

    async def auditoriums_by_cinema(self, ids: Sequence[str]) -> Mapping[str, list[AuditoriumRecord]]:
        """Batch load of each cinema's auditoriums."""
        async with self._database.read() as connection:
            return await self._store.auditoriums_of(connection, ids)

    async def seats_by_auditorium(self, ids: Sequence[str]) -> Mapping[str, list[SeatPlace]]:
        """Batch load of the seats of auditoriums."""
        async with self._database.read() as connection:
            return await self._store.seats_of(connection, ids)

    async def places_by_showtime(self, ids: Sequence[str]) -> Mapping[str, Mapping[str, SeatPlace]]:
        """Batch load of the seats of showtimes, by label."""
        async with self._database.read() as connection:
            found = await self._store.seats_by_showtime(connection, ids)
        return {showtime_id: {seat.label: seat for seat in seats} for showtime_id, seats in found.items()}

    async def showtimes_by_id(self, ids: Sequence[str]) -> Mapping[str, ShowtimeRecord]:
        """Batch load of showtimes."""
        async with self._database.read() as connection:
            return await self._store.find_showtimes(connection, ids)

    async def page_of_cinemas(self, request: PageRequest) -> Page[CinemaRecord]:
        """Cinemas by name."""
        async with self._database.read() as connection:
            rows = await self._store.page_of_cinemas(connection, request)
        return Page.of(rows, request, lambda cinema: (cinema.name, cinema.id))

    async def count_cinemas(self) -> int:
        """How many cinemas there are."""
        async with self._database.read() as connection:
            return await self._store.count_cinemas(connection)

    async def page_of_auditoriums(
        self, request: PageRequest, cinema_id: str | None
    ) -> Page[AuditoriumRecord]:
        """Auditoriums by name, of one cinema or of all."""
        async with self._database.read() as connection:
            rows = await self._store.page_of_auditoriums(connection, request, cinema_id)
        return Page.of(rows, request, lambda auditorium: (auditorium.name, auditorium.id))

    async def count_auditoriums(self, cinema_id: str | None) -> int:
        """How many auditoriums the same filter finds."""
        async with self._database.read() as connection:
            return await self._store.count_auditoriums(connection, cinema_id)

    async def page_of_showtimes(self, request: PageRequest, wish: ShowtimeWish) -> Page[ShowtimeRecord]:
        """Showtimes by start. Raises `InvalidInput` for a date that no calendar of ours reaches."""
        query = await self._query(wish)
        async with self._database.read() as connection:
            rows = await self._store.page_of_showtimes(connection, request, query)
        return _showtime_page(rows, request)

    async def count_showtimes(self, wish: ShowtimeWish) -> int:
        """How many showtimes the same wish finds."""
        query = await self._query(wish)
        async with self._database.read() as connection:
            return await self._store.count_showtimes(connection, query)

    async def child_pages(self, keys: Sequence[ChildPage]) -> Mapping[ChildPage, Page[ShowtimeRecord]]:
        """Batch load of nested pages: one statement for all parents that are asked the same."""
        groups: dict[tuple[str, PageRequest, ShowtimeWish], list[ChildPage]] = {}
        for key in keys:
            groups.setdefault((key.parent_column, key.request, key.wish), []).append(key)
        pages: dict[ChildPage, Page[ShowtimeRecord]] = {}
        for (column, request, wish), group in groups.items():
            query = await self._query(wish)
            async with self._database.read() as connection:
                found = await self._store.showtimes_by_parent(
                    connection, column, [key.parent_id for key in group], request, query
                )
            pages |= {key: _showtime_page(found[key.parent_id], request) for key in group}
        return pages

    # Changing

    async def create_cinema(
        self, viewer: Viewer, *, name: str, city: str, address: str, time_zone: str, currency: Currency
    ) -> CinemaRecord:
        """Open a building. Raises `NotAllowed` without the scope cinemas:write, `InvalidInputs`."""
        viewer.require_scope("cinemas:write")
        now = self._clock.now()
        with InputCheck() as check:
            cinema = CinemaRecord(
                id=new_id("cin", now),
                name=check.text("name", name),
                city=check.text("city", city),
                address=check.text("address", address, most=300),
                time_zone=time_zone,
                currency=currency,
            )
            if time_zone not in _time_zones():
                check.problem("timeZone", "is not an IANA time zone, such as America/Lima")
        async with self._database.transaction() as tx:
            await self._store.insert_cinema(tx, cinema, now)
            await self._events.cinema_created(tx, cinema)
        return cinema

    async def create_auditorium(
        self, viewer: Viewer, *, cinema_id: str, name: str, plan: LayoutPlan
    ) -> AuditoriumRecord:
        """Add a room to a cinema.

        Raises `NotAllowed` to other than the cinema's managers, `NotFound`, `InvalidInputs`.
        """
        viewer.require_scope("auditoriums:write")
        now = self._clock.now()
        seats: list[SeatPlace] = []
        with InputCheck() as check:
            check.identifier("cinemaId", cinema_id, "cin")
            name = check.text("name", name)
            try:
                seats = lay_out(plan)
            except LayoutProblem as problem:
                check.problem(problem.field, problem.message)
        viewer.require_works_at(cinema_id, "auditoriums:write")
        auditorium = AuditoriumRecord(new_id("aud", now), cinema_id, name, plan.curved, len(seats))
        async with self._database.transaction() as tx:
            if cinema_id not in await self._store.find_cinemas(tx, [cinema_id]):
                raise NotFound("There is no such cinema.", ["input", "cinemaId"])
            await self._store.insert_auditorium(tx, auditorium, seats, now)
            await self._events.auditorium_created(tx, auditorium)
        return auditorium

    async def schedule(
        self,
        viewer: Viewer,
        *,
        movie_id: str,
        auditorium_id: str,
        starts_at: datetime,
        base_price: Money,
        screen_format: ScreenFormat,
        language: str,
    ) -> ShowtimeRecord:
        """Put a film on.

        Raises `NotAllowed` to other than the cinema's managers, `NotFound`, `InvalidInputs`,
        `ShowtimeOverlap`.
        """
        viewer.require_scope("showtimes:write")
        now = self._clock.now()
        with InputCheck() as check:
            check.identifier("movieId", movie_id, "mov")
            check.identifier("auditoriumId", auditorium_id, "aud")
            if problem := start_problem(starts_at, now):
                check.problem("startsAt", problem)
            check.integer("basePrice.amount", base_price.minor_units, least=1, most=HIGHEST_PRICE_MINOR_UNITS)
            if len(language) > 35 or not _LANGUAGE.fullmatch(language):
                check.problem("language", "is a language tag, such as es, en-GB or zxx for none")

        async def work(tx: Transaction) -> ShowtimeRecord:
            auditorium, cinema = await self._room(tx, viewer, auditorium_id)
            movie = await self._film(tx, movie_id)
            if base_price.currency is not cinema.currency:
                raise InvalidInput(
                    f"{cinema.name} sells in {cinema.currency}.", ["input", "basePrice", "currency"]
                )
            slot = Slot.of(starts_at, movie.runtime_minutes)
            if conflicting := await self._store.overlapping(tx, auditorium_id, slot):
                raise ShowtimeOverlap(conflicting)
            showtime = ShowtimeRecord(
                id=new_id("shw", now),
                movie_id=movie_id,
                cinema_id=cinema.id,
                auditorium_id=auditorium_id,
                starts_at=slot.starts_at,
                ends_at=slot.ends_at,
                sales_close_at=slot.sales_close_at,
                base_price=base_price,
                screen_format=screen_format,
                language=language,
                seat_count=auditorium.seat_count,
                cancelled_reason=None,
            )
            await self._store.insert_showtime(tx, showtime)
            seats = (await self._store.seats_of(tx, [auditorium_id]))[auditorium_id]
            await self._events.scheduled(tx, showtime, movie, cinema, auditorium, seats)
            return showtime

        return await self._database.run(work)

    async def reschedule(self, viewer: Viewer, *, showtime_id: str, starts_at: datetime) -> ShowtimeRecord:
        """Move a showtime that has not begun.

        Raises `NotAllowed`, `NotFound`, `InvalidInputs`, `ShowtimeOverlap`, `ShowtimeNotChangeable`.
        """
        viewer.require_scope("showtimes:write")
        now = self._clock.now()
        with InputCheck() as check:
            check.identifier("showtimeId", showtime_id, "shw")
            if problem := start_problem(starts_at, now):
                check.problem("startsAt", problem)

        async def work(tx: Transaction) -> ShowtimeRecord:
            showtime = await self._changeable(tx, viewer, showtime_id, now)
            movie = await self._film(tx, showtime.movie_id, needs_active=False)
            slot = Slot.of(starts_at, movie.runtime_minutes)
            if conflicting := await self._store.overlapping(
                tx, showtime.auditorium_id, slot, but=showtime_id
            ):
                raise ShowtimeOverlap(conflicting)
            moved = replace(
                showtime,
                starts_at=slot.starts_at,
                ends_at=slot.ends_at,
                sales_close_at=slot.sales_close_at,
            )
            await self._store.set_slot(tx, showtime_id, slot)
            await self._events.rescheduled(tx, moved)
            return moved

        return await self._database.run(work)

    async def cancel(self, viewer: Viewer, *, showtime_id: str, reason: str) -> ShowtimeRecord:
        """Cancel a showtime: sales stop and every order is refunded. Cancelling again changes nothing.

        Raises `NotAllowed`, `NotFound`, `InvalidInputs`, `ShowtimeNotChangeable` when it has begun.
        """
        actor_id = viewer.require_scope("showtimes:write")
        now = self._clock.now()
        with InputCheck() as check:
            check.identifier("showtimeId", showtime_id, "shw")
            reason = check.text("reason", reason, most=500)

        async def work(tx: Transaction) -> ShowtimeRecord:
            showtime = await self._mine(tx, viewer, showtime_id)
            if showtime.cancelled_reason is not None:
                return showtime
            if showtime.starts_at <= now:
                raise ShowtimeNotChangeable("The showtime has begun.", ["input", "showtimeId"])
            movie = await self._film(tx, showtime.movie_id, needs_active=False)
            await self._store.cancel(tx, showtime_id, reason)
            await self._audit.record(
                tx,
                actor_id=actor_id,
                actor_role="admin" if viewer.is_admin else "manager",
                action="cancelShowtime",
                target=showtime_id,
                reason=reason,
            )
            await self._events.cancelled(tx, showtime, movie.title, reason)
            return replace(showtime, cancelled_reason=reason)

        return await self._database.run(work)

    # Steps

    async def _room(
        self, tx: Transaction, viewer: Viewer, auditorium_id: str
    ) -> tuple[AuditoriumRecord, CinemaRecord]:
        auditorium = await self._store.lock_auditorium(tx, auditorium_id)
        if auditorium is None:
            raise NotFound("There is no such auditorium.", ["input", "auditoriumId"])
        viewer.require_works_at(auditorium.cinema_id, "showtimes:write")
        cinemas = await self._store.find_cinemas(tx, [auditorium.cinema_id])
        return auditorium, cinemas[auditorium.cinema_id]

    async def _film(self, tx: Transaction, movie_id: str, *, needs_active: bool = True) -> MovieRecord:
        movie = await self._store.find_movie(tx, movie_id)
        if movie is None or (needs_active and not movie.is_active):
            raise NotFound("There is no such film in the programme.", ["input", "movieId"])
        return movie

    async def _mine(self, tx: Transaction, viewer: Viewer, showtime_id: str) -> ShowtimeRecord:
        showtime = (await self._store.find_showtimes(tx, [showtime_id])).get(showtime_id)
        if showtime is None:
            raise NotFound("There is no such showtime.", ["input", "showtimeId"])
        viewer.require_works_at(showtime.cinema_id, "showtimes:write")
        await self._store.lock_auditorium(tx, showtime.auditorium_id)
        return showtime

    async def _changeable(
        self, tx: Transaction, viewer: Viewer, showtime_id: str, now: datetime
    ) -> ShowtimeRecord:
        showtime = await self._mine(tx, viewer, showtime_id)
        if showtime.cancelled_reason is not None or showtime.starts_at <= now:
            raise ShowtimeNotChangeable("The showtime has begun or is cancelled.", ["input", "showtimeId"])
        return showtime

    async def _query(self, wish: ShowtimeWish) -> ShowtimeQuery:
        now = self._clock.now()
        return ShowtimeQuery(
            movie_id=wish.movie_id,
            cinema_id=wish.cinema_id,
            spans=await self._spans(wish, now),
            status=wish.status,
            now=now,
        )

    async def _spans(
        self, wish: ShowtimeWish, now: datetime
    ) -> tuple[tuple[str | None, datetime | None, datetime | None], ...]:
        if wish.date is None:
            if wish.from_ is None and wish.to is None and wish.status is None:
                return ((None, now - SALES_CLOSE_AFTER_START, None),)
            return ((None, wish.from_, wish.to),)
        async with self._database.read() as connection:
            cinemas = await self._store.all_cinemas(connection)
        days = {
            cinema.id: _local_day(wish.date, cinema.time_zone)
            for cinema in cinemas
            if wish.cinema_id in (None, cinema.id)
        }
        return tuple((cinema_id, *day) for cinema_id, day in days.items())


def _showtime_page(rows: Sequence[ShowtimeRecord], request: PageRequest) -> Page[ShowtimeRecord]:
    return Page.of(rows, request, lambda showtime: (showtime.starts_at, showtime.id))


def _local_day(day: date, time_zone: str) -> tuple[datetime, datetime]:
    zone = ZoneInfo(time_zone)
    try:
        start = datetime.combine(day, time(), zone).astimezone(UTC)
        return start, datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)
    except OverflowError as error:
        raise InvalidInput("is no day of any programme", ["filter", "date"]) from error


@lru_cache(maxsize=1)
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())
