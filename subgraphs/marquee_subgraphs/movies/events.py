"""What movies tells the others: each film whole, whenever it changes. Payloads: `docs/events.md`."""

from __future__ import annotations

from dataclasses import dataclass

from marquee_subgraphs.kit.database import UnitOfWork
from marquee_subgraphs.kit.events import Outbox
from marquee_subgraphs.movies.domain import MovieRecord


@dataclass(frozen=True, slots=True)
class MovieEvents:
    """Adds the events of films to the unit of their change; the aggregate is the film."""

    outbox: Outbox

    async def created(self, unit: UnitOfWork, movie: MovieRecord) -> None:
        await self._add(unit, "movie.created", movie)

    async def updated(self, unit: UnitOfWork, movie: MovieRecord) -> None:
        await self._add(unit, "movie.updated", movie)

    async def archived(self, unit: UnitOfWork, movie: MovieRecord) -> None:
        await self._add(unit, "movie.archived", movie)

    async def _add(self, unit: UnitOfWork, name: str, movie: MovieRecord) -> None:
        facts = movie.facts
        payload = {
            "movie_id": movie.id,
            "title": facts.title,
            "titles": {each.locale.value: each.title for each in facts.translations},
            "runtime_minutes": facts.runtime_minutes,
            "genres": list(facts.genres),
            "language": facts.language,
            "poster_url": facts.poster_url,
            "status": movie.status.value,
        }
        await self.outbox.add_raw(unit, type=name, aggregate_id=movie.id, payload=payload)
