"""Reports for staff: managers read of their own cinemas, admins of all."""

from __future__ import annotations

from datetime import date
from typing import Final
from zoneinfo import ZoneInfo

from marquee_subgraphs.analytics.domain import (
    MOST_ROWS,
    OCCUPANCY_LOOKS_BACK,
    TOP_MOVIES,
    Dashboard,
    Filling,
    SalesFigures,
    SalesGrouping,
    SalesRow,
    ShowtimeFact,
    Span,
    figures_by_key,
)
from marquee_subgraphs.analytics.store import AnalyticsStore, Scope
from marquee_subgraphs.kit.backend import Backend
from marquee_subgraphs.kit.database import Connection
from marquee_subgraphs.kit.identity import Viewer

REPORTS_READ: Final = "reports:read"


class Reports:
    """The reports of staff."""

    def __init__(self, backend: Backend, store: AnalyticsStore) -> None:
        self._database = backend.database
        self._clock = backend.clock
        self._store = store.figures

    async def dashboard(self, viewer: Viewer, span: Span | None) -> Dashboard:
        """Return the figures of a range; without one, of the last thirty days and of showtimes to come.

        New people belong to no cinema, so every reader sees the same number. Raises `NotAllowed` without the
        scope reports:read.
        """
        scope = scope_of(viewer)
        now = self._clock.now()
        chosen = span or Span.up_to(now)
        async with self._database.read(heavy=True) as connection:
            days = await self._store.sales(connection, chosen, scope, SalesGrouping.DAY)
            movies = figures_by_key(await self._store.sales(connection, chosen, scope, SalesGrouping.MOVIE))
            # A film all of whose tickets were given back is no top film.
            sold = {movie_id: figures for movie_id, figures in movies.items() if figures.tickets > 0}
            filling = await self._store.filling(
                connection,
                now - OCCUPANCY_LOOKS_BACK if span is None else span.start,
                None if span is None else span.end,
                scope,
            )
            return Dashboard(
                figures=SalesFigures.of(days),
                check_ins=await self._store.check_ins(connection, chosen, scope),
                new_users=await self._store.new_users(connection, chosen),
                filling=filling,
                top_movies=dict(_best(sold, TOP_MOVIES)),
                days={date.fromisoformat(key): each for key, each in figures_by_key(days).items()},
            )

    async def sales(self, viewer: Viewer, span: Span, grouping: SalesGrouping) -> list[SalesRow]:
        """Return what was sold in a range: days in order, everything else by tickets.

        Raises `NotAllowed` without the scope `reports:read`.
        """
        scope = scope_of(viewer)
        async with self._database.read(heavy=True) as connection:
            groups = figures_by_key(await self._store.sales(connection, span, scope, grouping))
            if grouping is SalesGrouping.DAY:
                return [SalesRow(key, key, figures) for key, figures in groups.items()]
            best = _best(groups, MOST_ROWS)
            labels = await self._labels(connection, grouping, [key for key, _ in best])
        return [SalesRow(key, labels.get(key, key), figures) for key, figures in best]

    async def occupancy(
        self, viewer: Viewer, span: Span, cinema_id: str | None
    ) -> list[tuple[ShowtimeFact, Filling]]:
        """Return the showtimes that start in a range, with how full they are.

        Raises `NotAllowed` without the scope reports:read, or when the cinema is another's.
        """
        scope = scope_of(viewer)
        if cinema_id is not None:
            viewer.require_works_at(cinema_id, REPORTS_READ)
            scope = Scope(frozenset({cinema_id}))
        async with self._database.read(heavy=True) as connection:
            return await self._store.fillings(connection, span, scope)

    async def _labels(
        self, connection: Connection, grouping: SalesGrouping, keys: list[str]
    ) -> dict[str, str]:
        if grouping is SalesGrouping.SHOWTIME:
            showtimes = await self._store.showtimes(connection, keys)
            return {id_: _showtime_label(showtime) for id_, showtime in showtimes.items()}
        if grouping is SalesGrouping.CINEMA:
            return await self._store.cinema_names(connection, keys)
        return await self._store.movie_titles(connection, keys)


def scope_of(viewer: Viewer) -> Scope:
    """Return the cinemas whose figures the viewer may read. Raises `NotAllowed` without the scope."""
    viewer.require_scope(REPORTS_READ)
    return Scope(None if viewer.is_admin else viewer.cinemas)


def _best(groups: dict[str, SalesFigures], most: int) -> list[tuple[str, SalesFigures]]:
    return sorted(groups.items(), key=lambda item: (-item[1].tickets, item[0]))[:most]


def _showtime_label(showtime: ShowtimeFact) -> str:
    local = showtime.starts_at.astimezone(ZoneInfo(showtime.time_zone))
    return f"{showtime.movie_title}, {local:%Y-%m-%d %H:%M}"
