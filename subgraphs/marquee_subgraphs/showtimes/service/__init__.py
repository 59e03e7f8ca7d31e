"""The use cases of showtimes: one method each, one transaction each.

`cinemas` opens cinemas and auditoriums, `programme` puts films on, `queries` reads. Each asks the viewer for
permission again; none knows GraphQL.
"""

from __future__ import annotations

from dataclasses import dataclass

from marquee_subgraphs.kit.backend import Backend
from marquee_subgraphs.showtimes.service.cinemas import Cinemas
from marquee_subgraphs.showtimes.service.programme import NewShowtime, Programme
from marquee_subgraphs.showtimes.service.queries import NestedPage, ShowtimeCriteria, ShowtimeQueries
from marquee_subgraphs.showtimes.store import ShowtimesStore


@dataclass(frozen=True, slots=True)
class ShowtimesService:
    """What resolvers find as `info.context.service`."""

    cinemas: Cinemas
    programme: Programme
    queries: ShowtimeQueries

    @classmethod
    def of(cls, backend: Backend, store: ShowtimesStore) -> ShowtimesService:
        """Return the use cases on one backend."""
        return cls(
            cinemas=Cinemas(backend, store),
            programme=Programme(backend, store),
            queries=ShowtimeQueries(backend, store),
        )


__all__ = [
    "Cinemas",
    "NestedPage",
    "NewShowtime",
    "Programme",
    "ShowtimeCriteria",
    "ShowtimeQueries",
    "ShowtimesService",
]
