"""Cinemas and their auditoriums: opening one."""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import available_timezones

from marquee_subgraphs.kit.backend import Backend
from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.ids import new_id
from marquee_subgraphs.kit.money import Currency
from marquee_subgraphs.kit.refusals import NotFound
from marquee_subgraphs.kit.validation import InputCheck
from marquee_subgraphs.showtimes.domain.layout import LayoutPlan, LayoutProblem, SeatPlace, lay_out
from marquee_subgraphs.showtimes.domain.showtimes import AuditoriumRecord, CinemaRecord
from marquee_subgraphs.showtimes.events.published import AuditoriumCreated, CinemaCreated
from marquee_subgraphs.showtimes.store import ShowtimesStore


class Cinemas:
    """Opens cinemas, and auditoriums in them."""

    def __init__(self, backend: Backend, store: ShowtimesStore) -> None:
        self._backend = backend
        self._store = store

    async def open_cinema(
        self, viewer: Viewer, *, name: str, city: str, address: str, time_zone: str, currency: Currency
    ) -> CinemaRecord:
        """Add a cinema. Raises `NotAllowed` without the scope cinemas:write, `InvalidInputs`."""
        viewer.require_scope("cinemas:write")
        now = self._backend.clock.now()
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
        async with self._backend.database.transaction() as tx:
            await self._store.cinemas.insert(tx, cinema, now)
            await self._backend.outbox.add(tx, CinemaCreated.of(cinema), aggregate_id=cinema.id)
        return cinema

    async def open_auditorium(
        self, viewer: Viewer, *, cinema_id: str, name: str, plan: LayoutPlan
    ) -> AuditoriumRecord:
        """Add an auditorium to a cinema.

        Raises `NotAllowed` unless the viewer manages the cinema, `NotFound`, `InvalidInputs`.
        """
        viewer.require_scope("auditoriums:write")
        now = self._backend.clock.now()
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
        async with self._backend.database.transaction() as tx:
            if cinema_id not in await self._store.cinemas.find_many(tx, [cinema_id]):
                raise NotFound("There is no such cinema.", ["input", "cinemaId"])
            await self._store.auditoriums.insert(tx, auditorium, seats, now)
            event = AuditoriumCreated.of(auditorium)
            await self._backend.outbox.add(tx, event, aggregate_id=auditorium.id)
        return auditorium


@lru_cache(maxsize=1)
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())
