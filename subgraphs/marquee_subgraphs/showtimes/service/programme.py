"""The programme: putting a film on, moving a showtime, cancelling one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from marquee_subgraphs.kit.audit import Deed
from marquee_subgraphs.kit.backend import Backend
from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.ids import new_id
from marquee_subgraphs.kit.money import Money
from marquee_subgraphs.kit.refusals import InvalidInput, NotFound
from marquee_subgraphs.kit.validation import InputCheck
from marquee_subgraphs.showtimes.domain.showtimes import (
    HIGHEST_PRICE_MINOR_UNITS,
    AuditoriumRecord,
    CinemaRecord,
    MovieRecord,
    ScreenFormat,
    ShowtimeRecord,
    Slot,
    start_problem,
)
from marquee_subgraphs.showtimes.errors import ShowtimeNotChangeable, ShowtimeOverlap
from marquee_subgraphs.showtimes.events.published import (
    ShowtimeCancelled,
    ShowtimeRescheduled,
    ShowtimeScheduled,
)
from marquee_subgraphs.showtimes.store import ShowtimesStore

SHOWTIMES_WRITE: Final = "showtimes:write"


@dataclass(frozen=True, slots=True)
class NewShowtime:
    """A showtime that a manager asks for."""

    movie_id: str
    auditorium_id: str
    starts_at: datetime
    base_price: Money
    screen_format: ScreenFormat
    language: str


class Programme:
    """Changes the programme of a cinema, on behalf of its managers."""

    def __init__(self, backend: Backend, store: ShowtimesStore) -> None:
        self._backend = backend
        self._store = store

    async def schedule(self, viewer: Viewer, wanted: NewShowtime) -> ShowtimeRecord:
        """Put a film on.

        Raises `NotAllowed` unless the viewer manages the cinema, `NotFound`, `InvalidInputs`,
        `ShowtimeOverlap`.
        """
        viewer.require_scope(SHOWTIMES_WRITE)
        _check(wanted, self._backend.clock.now())

        async def work(tx: Transaction) -> ShowtimeRecord:
            auditorium, cinema = await self._lock_auditorium(tx, viewer, wanted.auditorium_id)
            movie = await self._store.films.find(tx, wanted.movie_id)
            if movie is None or not movie.is_active:
                raise NotFound("There is no such film in the programme.", ["input", "movieId"])
            if wanted.base_price.currency is not cinema.currency:
                raise InvalidInput(
                    f"{cinema.name} sells in {cinema.currency}.", ["input", "basePrice", "currency"]
                )
            slot = Slot.of(wanted.starts_at, movie.runtime_minutes)
            await self._require_free(tx, auditorium.id, slot)
            showtime = self._new_showtime(wanted, auditorium, slot)
            await self._store.showtimes.insert(tx, showtime)
            seats = (await self._store.auditoriums.seats_of(tx, [auditorium.id]))[auditorium.id]
            event = ShowtimeScheduled.of(showtime, movie, cinema, auditorium, seats)
            await self._backend.outbox.add(tx, event, aggregate_id=showtime.id)
            return showtime

        return await self._backend.database.run(work)

    async def reschedule(self, viewer: Viewer, *, showtime_id: str, starts_at: datetime) -> ShowtimeRecord:
        """Move a showtime that has not begun.

        Raises `NotAllowed`, `NotFound`, `InvalidInputs`, `ShowtimeOverlap`, `ShowtimeNotChangeable`.
        """
        viewer.require_scope(SHOWTIMES_WRITE)
        now = self._backend.clock.now()
        with InputCheck() as check:
            check.identifier("showtimeId", showtime_id, "shw")
            if problem := start_problem(starts_at, now):
                check.problem("startsAt", problem)

        async def work(tx: Transaction) -> ShowtimeRecord:
            showtime = await self._lock_showtime(tx, viewer, showtime_id)
            if showtime.cancelled_reason is not None or showtime.starts_at <= now:
                raise ShowtimeNotChangeable(
                    "The showtime has begun or is cancelled.", ["input", "showtimeId"]
                )
            movie = await self._film_of(tx, showtime)
            slot = Slot.of(starts_at, movie.runtime_minutes)
            await self._require_free(tx, showtime.auditorium_id, slot, but=showtime_id)
            moved = replace(
                showtime,
                starts_at=slot.starts_at,
                ends_at=slot.ends_at,
                sales_close_at=slot.sales_close_at,
            )
            await self._store.showtimes.set_slot(tx, showtime_id, slot)
            await self._backend.outbox.add(tx, ShowtimeRescheduled.of(moved), aggregate_id=showtime_id)
            return moved

        return await self._backend.database.run(work)

    async def cancel(self, viewer: Viewer, *, showtime_id: str, reason: str) -> ShowtimeRecord:
        """Cancel a showtime: sales stop and every order is refunded. Cancelling again changes nothing.

        Raises `NotAllowed`, `NotFound`, `InvalidInputs`, `ShowtimeNotChangeable` when it has begun.
        """
        actor_id = viewer.require_scope(SHOWTIMES_WRITE)
        now = self._backend.clock.now()
        with InputCheck() as check:
            check.identifier("showtimeId", showtime_id, "shw")
            reason = check.text("reason", reason, most=500)

        async def work(tx: Transaction) -> ShowtimeRecord:
            showtime = await self._lock_showtime(tx, viewer, showtime_id)
            if showtime.cancelled_reason is not None:
                return showtime
            if showtime.starts_at <= now:
                raise ShowtimeNotChangeable("The showtime has begun.", ["input", "showtimeId"])
            movie = await self._film_of(tx, showtime)
            await self._store.showtimes.cancel(tx, showtime_id, reason)
            deed = Deed(
                actor_id=actor_id,
                actor_role="admin" if viewer.is_admin else "manager",
                action="cancelShowtime",
                target=showtime_id,
                reason=reason,
            )
            await self._backend.audit.append(tx, deed)
            event = ShowtimeCancelled.of(showtime, movie, reason)
            await self._backend.outbox.add(tx, event, aggregate_id=showtime_id)
            return replace(showtime, cancelled_reason=reason)

        return await self._backend.database.run(work)

    async def _lock_auditorium(
        self, tx: Transaction, viewer: Viewer, auditorium_id: str
    ) -> tuple[AuditoriumRecord, CinemaRecord]:
        auditorium = await self._store.auditoriums.lock(tx, auditorium_id)
        if auditorium is None:
            raise NotFound("There is no such auditorium.", ["input", "auditoriumId"])
        viewer.require_works_at(auditorium.cinema_id, SHOWTIMES_WRITE)
        cinemas = await self._store.cinemas.find_many(tx, [auditorium.cinema_id])
        return auditorium, cinemas[auditorium.cinema_id]

    async def _lock_showtime(self, tx: Transaction, viewer: Viewer, showtime_id: str) -> ShowtimeRecord:
        showtime = await self._find(tx, showtime_id)
        viewer.require_works_at(showtime.cinema_id, SHOWTIMES_WRITE)
        await self._store.auditoriums.lock(tx, showtime.auditorium_id)
        # Read again: the former holder of the lock may have cancelled this very showtime.
        return await self._find(tx, showtime_id)

    async def _find(self, tx: Transaction, showtime_id: str) -> ShowtimeRecord:
        showtime = (await self._store.showtimes.find_many(tx, [showtime_id])).get(showtime_id)
        if showtime is None:
            raise NotFound("There is no such showtime.", ["input", "showtimeId"])
        return showtime

    async def _film_of(self, tx: Transaction, showtime: ShowtimeRecord) -> MovieRecord:
        movie = await self._store.films.find(tx, showtime.movie_id)
        assert movie is not None, "a foreign key keeps the film"
        return movie

    async def _require_free(
        self, tx: Transaction, auditorium_id: str, slot: Slot, *, but: str | None = None
    ) -> None:
        overlapping = await self._store.showtimes.overlapping(tx, auditorium_id, slot, but=but)
        if overlapping:
            raise ShowtimeOverlap(overlapping)

    def _new_showtime(self, wanted: NewShowtime, auditorium: AuditoriumRecord, slot: Slot) -> ShowtimeRecord:
        return ShowtimeRecord(
            id=new_id("shw", self._backend.clock.now()),
            movie_id=wanted.movie_id,
            cinema_id=auditorium.cinema_id,
            auditorium_id=auditorium.id,
            starts_at=slot.starts_at,
            ends_at=slot.ends_at,
            sales_close_at=slot.sales_close_at,
            base_price=wanted.base_price,
            screen_format=wanted.screen_format,
            language=wanted.language,
            seat_count=auditorium.seat_count,
            cancelled_reason=None,
        )


def _check(wanted: NewShowtime, now: datetime) -> None:
    with InputCheck() as check:
        check.identifier("movieId", wanted.movie_id, "mov")
        check.identifier("auditoriumId", wanted.auditorium_id, "aud")
        if problem := start_problem(wanted.starts_at, now):
            check.problem("startsAt", problem)
        minor_units = wanted.base_price.minor_units
        check.integer("basePrice.amount", minor_units, least=1, most=HIGHEST_PRICE_MINOR_UNITS)
        check.language("language", wanted.language)
