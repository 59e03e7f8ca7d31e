"""The use cases of films: one method each, one unit of work each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from marquee_subgraphs.kit.clock import Clock
from marquee_subgraphs.kit.documents import DocumentStore
from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.ids import new_id
from marquee_subgraphs.kit.pagination import Page
from marquee_subgraphs.kit.refusals import NotFound
from marquee_subgraphs.kit.validation import InputCheck
from marquee_subgraphs.movies.domain import MovieFacts, MovieRecord, MovieStatus, check_facts
from marquee_subgraphs.movies.errors import MovieChanged
from marquee_subgraphs.movies.events import MovieEvents
from marquee_subgraphs.movies.store import MovieQuery, MovieSort, MovieStore


class MovieService:
    """The films of the chain."""

    def __init__(
        self, *, documents: DocumentStore, store: MovieStore, events: MovieEvents, clock: Clock
    ) -> None:
        self._documents = documents
        self._store = store
        self._events = events
        self._clock = clock

    async def movies_by_id(self, ids: Sequence[str]) -> Mapping[str, MovieRecord]:
        """Batch load of films, archived ones too: orders of old refer to them."""
        return await self._store.find_many(ids)

    async def page(
        self, query: MovieQuery, sort: MovieSort, *, first: int, after: str | None
    ) -> Page[MovieRecord]:
        """Films in order. Raises `InvalidInput`."""
        _check_query(query)
        return await self._store.page(query, sort, self._store.page_request(first, after, sort))

    async def count(self, query: MovieQuery) -> int:
        """How many films the same query finds."""
        return await self._store.count(query)

    async def genres(self) -> list[str]:
        """The genres of the films in the programme, in order."""
        found: set[str] = set()
        after: str | None = None
        while True:
            page = await self.page(MovieQuery(), MovieSort.TITLE, first=100, after=after)
            found.update(genre for movie in page.rows for genre in movie.facts.genres)
            if not page.has_next:
                return sorted(found)
            after = page.cursors[-1]

    async def create(self, viewer: Viewer, facts: MovieFacts) -> MovieRecord:
        """Add a film. Raises `NotAllowed` without the scope movies:write, `InvalidInputs`."""
        viewer.require_scope("movies:write")
        with InputCheck() as check:
            facts = check_facts(facts, check)
        movie = MovieRecord(new_id("mov", self._clock.now()), 1, MovieStatus.ACTIVE, facts)
        async with self._documents.transaction() as unit:
            await self._store.insert(unit, movie)
            await self._events.created(unit, movie)
        return movie

    async def update(
        self,
        viewer: Viewer,
        *,
        movie_id: str,
        expected_version: int | None,
        changes: Mapping[str, Any],
    ) -> MovieRecord:
        """Change what `changes` names of a film.

        Raises `NotAllowed`, `InvalidInputs`, `NotFound`, `MovieChanged` when it is not at the expected
        version.
        """
        viewer.require_scope("movies:write")
        with InputCheck() as check:
            check.identifier("movieId", movie_id, "mov")
        async with self._documents.transaction() as unit:
            movie = await self._store.find(unit, movie_id)
            if movie is None:
                raise NotFound("There is no such film.", ["input", "movieId"])
            if expected_version not in (None, movie.version):
                raise MovieChanged(movie.version)
            with InputCheck() as check:
                facts = check_facts(replace(movie.facts, **changes), check)
            if facts == movie.facts:
                return movie
            changed = await self._store.replace(unit, replace(movie, facts=facts))
            if changed is None:
                raise MovieChanged(movie.version + 1)
            await self._events.updated(unit, changed)
            return changed

    async def archive(self, viewer: Viewer, *, movie_id: str) -> MovieRecord:
        """Take a film out of the programme; its showtimes stay. Archiving again changes nothing.

        Raises `NotAllowed`, `InvalidInputs`, `NotFound`.
        """
        viewer.require_scope("movies:write")
        with InputCheck() as check:
            check.identifier("movieId", movie_id, "mov")
        async with self._documents.transaction() as unit:
            movie = await self._store.find(unit, movie_id)
            if movie is None:
                raise NotFound("There is no such film.", ["input", "movieId"])
            if movie.status is MovieStatus.ARCHIVED:
                return movie
            archived = await self._store.replace(unit, replace(movie, status=MovieStatus.ARCHIVED))
            if archived is None:
                raise MovieChanged(movie.version + 1)
            await self._events.archived(unit, archived)
            return archived


def _check_query(query: MovieQuery) -> None:
    with InputCheck("filter") as check:
        for field, value in (("text", query.text), ("genre", query.genre), ("language", query.language)):
            check.optional_text(field, value)
