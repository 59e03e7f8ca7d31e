"""The use cases of films: one method each, one unit of work each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from marquee_subgraphs.kit.backend import Backend
from marquee_subgraphs.kit.database import UnitOfWork
from marquee_subgraphs.kit.identity import Viewer
from marquee_subgraphs.kit.ids import new_id
from marquee_subgraphs.kit.pagination import Page
from marquee_subgraphs.kit.refusals import NotFound
from marquee_subgraphs.kit.validation import InputCheck
from marquee_subgraphs.movies.domain import (
    MovieFacts,
    MovieQuery,
    MovieRecord,
    MovieSort,
    MovieStatus,
    check_facts,
)
from marquee_subgraphs.movies.errors import MovieChanged
from marquee_subgraphs.movies.events.published import MovieArchived, MovieCreated, MovieUpdated
from marquee_subgraphs.movies.store import MovieStore


class MovieService:
    """Reads and changes films."""

    def __init__(self, backend: Backend, store: MovieStore) -> None:
        self._backend = backend
        self._store = store

    async def movies_by_id(self, ids: Sequence[str]) -> Mapping[str, MovieRecord]:
        """Batch load of films, archived ones included: old orders refer to them."""
        return await self._store.find_many(ids)

    async def page(
        self, query: MovieQuery, sort: MovieSort, *, first: int, after: str | None
    ) -> Page[MovieRecord]:
        """Return the films that match, in order. Raises `InvalidInput`."""
        _check_query(query)
        return await self._store.page(query, sort, self._store.page_request(first, after, sort))

    async def count(self, query: MovieQuery) -> int:
        """Return the number of films that match."""
        return await self._store.count(query)

    async def genres(self) -> list[str]:
        """Return the genres of the films in the programme, sorted."""
        # Page by page through the cache: a programme is some hundred films, and its pages are cached anyway.
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
        movie = MovieRecord(new_id("mov", self._backend.clock.now()), 1, MovieStatus.ACTIVE, facts)
        async with self._backend.database.transaction() as unit:
            await self._store.insert(unit, movie)
            await self._backend.outbox.add(unit, MovieCreated.of(movie), aggregate_id=movie.id)
        return movie

    async def update(
        self,
        viewer: Viewer,
        *,
        movie_id: str,
        expected_version: int | None,
        changes: Mapping[str, Any],
    ) -> MovieRecord:
        """Change the facts that `changes` names. Without a real change, the version stays.

        Raises `NotAllowed`, `InvalidInputs`, `NotFound`, and `MovieChanged` when the film has another version
        than `expected_version` (None expects any).
        """
        viewer.require_scope("movies:write")
        _check_id(movie_id)
        async with self._backend.database.transaction() as unit:
            movie = await self._require(unit, movie_id)
            if expected_version not in (None, movie.version):
                raise MovieChanged(movie.version)
            with InputCheck() as check:
                facts = check_facts(replace(movie.facts, **changes), check)
            if facts == movie.facts:
                # No new version and no event: a form saved twice must not outdate what others read.
                return movie
            changed = await self._replace(unit, replace(movie, facts=facts))
            await self._backend.outbox.add(unit, MovieUpdated.of(changed), aggregate_id=movie_id)
            return changed

    async def archive(self, viewer: Viewer, *, movie_id: str) -> MovieRecord:
        """Take a film out of the programme; its showtimes stay. Archiving again changes nothing.

        Raises `NotAllowed`, `InvalidInputs`, `NotFound`, `MovieChanged`.
        """
        viewer.require_scope("movies:write")
        _check_id(movie_id)
        async with self._backend.database.transaction() as unit:
            movie = await self._require(unit, movie_id)
            if movie.status is MovieStatus.ARCHIVED:
                return movie
            archived = await self._replace(unit, replace(movie, status=MovieStatus.ARCHIVED))
            await self._backend.outbox.add(unit, MovieArchived.of(archived), aggregate_id=movie_id)
            return archived

    async def _require(self, unit: UnitOfWork, movie_id: str) -> MovieRecord:
        movie = await self._store.find(unit, movie_id)
        if movie is None:
            raise NotFound("There is no such film.", ["input", "movieId"])
        return movie

    async def _replace(self, unit: UnitOfWork, movie: MovieRecord) -> MovieRecord:
        replaced = await self._store.replace(unit, movie)
        if replaced is None:
            # Two managers read version 3 at once; the other one has just written version 4.
            raise MovieChanged(movie.version + 1)
        return replaced


def _check_id(movie_id: str) -> None:
    with InputCheck() as check:
        check.identifier("movieId", movie_id, "mov")


def _check_query(query: MovieQuery) -> None:
    with InputCheck("filter") as check:
        for field, value in (("text", query.text), ("genre", query.genre), ("language", query.language)):
            check.optional_text(field, value)
