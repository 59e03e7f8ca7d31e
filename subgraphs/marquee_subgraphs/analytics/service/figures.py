"""Figures of films, people and what has seats to sell: for many at once, in a few statements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from marquee_subgraphs.analytics.domain import (
    METRICS_DAYS,
    OCCUPANCY_LOOKS_BACK,
    Behavior,
    Filling,
    MovieFigures,
    SalesFigures,
    Span,
    favourite_genres,
    figures_by_key,
)
from marquee_subgraphs.analytics.service.reports import REPORTS_READ
from marquee_subgraphs.analytics.store import AnalyticsStore
from marquee_subgraphs.analytics.store.figures import Spending
from marquee_subgraphs.kit.backend import Backend
from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.refusals import NotAllowed

USERS_READ: Final = "users:read"

CINEMA: Final = "cin"
AUDITORIUM: Final = "aud"
SHOWTIME: Final = "shw"


@dataclass(frozen=True, slots=True)
class SalesKey:
    """What has seats to sell, and the range that is asked about; all time without one."""

    id: str
    span: Span | None


class Figures:
    """What extends other subgraphs' entities."""

    def __init__(self, backend: Backend, store: AnalyticsStore) -> None:
        self._database = backend.database
        self._clock = backend.clock
        self._store = store.figures

    async def movies(self, ids: Sequence[str]) -> Mapping[str, MovieFigures]:
        """Batch: the figures of films; zeros for a film without any."""
        since = self._clock.now().date() - timedelta(days=METRICS_DAYS - 1)
        async with self._database.read() as connection:
            views = await self._store.views(connection, ids, since)
            tickets = await self._store.tickets(connection, ids, since)
        nothing = MovieFigures()
        return {
            id_: replace(
                views.get(id_, nothing),
                tickets=tickets.get(id_, nothing).tickets,
                recent_tickets=tickets.get(id_, nothing).recent_tickets,
            )
            for id_ in ids
        }

    def require_reader(self, viewer: Viewer, user_id: str) -> None:
        """Refuse everybody but the user themself and holders of `users:read`.

        `reports:read` is not enough: reports are about sums, and this is about one person.

        Raises `Unauthenticated`, `NotAllowed`.
        """
        viewer.require_self_or_scope(user_id, USERS_READ)

    async def behaviors(self, user_ids: Sequence[str]) -> Mapping[str, Behavior]:
        """Batch: what people did; the caller has called `require_reader`."""
        async with self._database.read() as connection:
            spending = await self._store.spending(connection, user_ids)
            genres = await self._store.genres(connection, sorted({each.movie_id for each in spending}))
            visits = await self._store.visits(connection, user_ids)
            seen = await self._store.last_seen(connection, user_ids)
        found: dict[str, Behavior] = {}
        for user_id in user_ids:
            own = [each for each in spending if each.user_id == user_id]
            movies_seen, entered_at = visits.get(user_id, (0, None))
            found[user_id] = _behavior(own, genres, movies_seen, [entered_at, seen.get(user_id)])
        return found

    async def occupancies(self, ids: Sequence[str]) -> Mapping[str, Filling]:
        """Batch: how full showtimes are, and cinemas and auditoriums over their showtimes of 30 days.

        A filling without seats leaves their number to the caller.
        """
        kinds = _by_kind(ids)
        start = self._clock.now() - OCCUPANCY_LOOKS_BACK
        found: dict[str, Filling] = {}
        async with self._database.read() as connection:
            if kinds[SHOWTIME]:
                sold = await self._store.sold_of_showtimes(connection, kinds[SHOWTIME])
                found |= {id_: Filling(sold.get(id_, 0), 0) for id_ in kinds[SHOWTIME]}
            for kind in (CINEMA, AUDITORIUM):
                if kinds[kind]:
                    found |= await self._store.fillings_of(connection, kind, kinds[kind], start)
        return found

    async def cinemas(self, ids: Sequence[str]) -> Mapping[str, str]:
        """Batch: the cinema that each of these belongs to."""
        kinds = _by_kind(ids)
        found = {id_: id_ for id_ in kinds[CINEMA]}
        async with self._database.read() as connection:
            for kind in (AUDITORIUM, SHOWTIME):
                if kinds[kind]:
                    found |= await self._store.cinemas_of(connection, kind, kinds[kind])
        return found

    def require_seller(self, viewer: Viewer, cinema_id: str | None) -> None:
        """Refuse viewers who may not read this cinema's figures. Raises `Unauthenticated`, `NotAllowed`."""
        viewer.require_scope(REPORTS_READ)
        if not viewer.is_admin and (cinema_id is None or not viewer.works_at(cinema_id)):
            raise NotAllowed("This belongs to another cinema.")

    async def sales(self, keys: Sequence[SalesKey]) -> Mapping[SalesKey, SalesFigures]:
        """Batch: sales; the caller has called `require_seller`."""
        spans: dict[Span | None, list[str]] = {}
        for key in keys:
            spans.setdefault(key.span, []).append(key.id)
        found: dict[SalesKey, SalesFigures] = {key: SalesFigures() for key in keys}
        async with self._database.read() as connection:
            for span, ids in spans.items():
                for kind, members in _by_kind(ids).items():
                    if members:
                        sums = await self._store.sales_of(connection, kind, members, span)
                        found |= {SalesKey(id_, span): each for id_, each in figures_by_key(sums).items()}
        return found


def _by_kind(ids: Sequence[str]) -> dict[str, list[str]]:
    kinds: dict[str, list[str]] = {CINEMA: [], AUDITORIUM: [], SHOWTIME: []}
    for id_ in ids:
        members = kinds.get(id_.partition("_")[0])
        if members is not None:
            members.append(id_)
    return kinds


def _behavior(
    own: Sequence[Spending],
    genres: Mapping[str, Sequence[str]],
    movies_seen: int,
    moments: Sequence[datetime | None],
) -> Behavior:
    seen = [*moments, *(each.last_at for each in own)]
    return Behavior(
        orders=sum(each.orders for each in own),
        tickets=sum(each.tickets for each in own),
        movies_seen=movies_seen,
        favourite_genres=favourite_genres((genres.get(each.movie_id, ()), each.tickets) for each in own),
        last_seen_at=max((moment for moment in seen if moment is not None), default=None),
    )
