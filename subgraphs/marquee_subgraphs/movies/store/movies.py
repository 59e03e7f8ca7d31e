"""`MovieStore`: films in a collection of documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any, Final

from marquee_subgraphs.kit.database import UnitOfWork
from marquee_subgraphs.kit.documents import (
    AtLeast,
    AtMost,
    DocumentRepository,
    Equal,
    Filter,
    Matches,
    Sort,
    StoredDocument,
    VersionConflict,
)
from marquee_subgraphs.kit.locale import Locale
from marquee_subgraphs.kit.pagination import Page, PageRequest
from marquee_subgraphs.movies.domain import (
    MovieFacts,
    MovieQuery,
    MovieRecord,
    MovieSort,
    MovieStatus,
    Translation,
)
from marquee_subgraphs.movies.tables import MOVIE_TABLES, MOVIES

_SORTS: Final[Mapping[MovieSort, tuple[Sort, ...]]] = {
    MovieSort.TITLE: (Sort("title"),),
    MovieSort.RELEASE_DATE_ASC: (Sort("release_date"),),
    MovieSort.RELEASE_DATE_DESC: (Sort("release_date", descending=True),),
    MovieSort.RUNTIME: (Sort("runtime_minutes"),),
}


class MovieStore:
    """Reads and writes of films; each method asks the repository once."""

    TABLES: Final = MOVIE_TABLES
    """What `Runtime.open_documents` must open."""

    def __init__(self, documents: DocumentRepository) -> None:
        self._documents = documents

    def page_request(self, first: int, after: str | None, sort: MovieSort) -> PageRequest:
        """Check the arguments of a connection. Raises `InvalidInput`."""
        return PageRequest.of(first, after, MOVIES.key_types(_SORTS[sort]))

    async def page(self, query: MovieQuery, sort: MovieSort, request: PageRequest) -> Page[MovieRecord]:
        """Return the films that match, in order."""
        found = await self._documents.find(_filters(query), sort=_SORTS[sort], page=request)
        rows = [_movie(document) for document in found.rows]
        return Page(rows, found.cursors, found.has_next, found.has_previous)

    async def count(self, query: MovieQuery) -> int:
        """Return the number of films that match."""
        return await self._documents.count(_filters(query))

    async def find_many(self, ids: Sequence[str]) -> dict[str, MovieRecord]:
        """Return the films with these ids, by id; an unknown id is left out."""
        found = await self._documents.get_many(ids)
        return {id_: _movie(document) for id_, document in found.items()}

    async def find(self, unit: UnitOfWork, movie_id: str) -> MovieRecord | None:
        """Return the film as the unit of work sees it, or None."""
        document = await self._documents.get(movie_id, within=unit)
        return None if document is None else _movie(document)

    async def insert(self, unit: UnitOfWork, movie: MovieRecord) -> None:
        """Add a film."""
        await self._documents.insert(unit, movie.id, movie_body(movie))

    async def replace(self, unit: UnitOfWork, movie: MovieRecord) -> MovieRecord | None:
        """Write a changed film over the version it was read at, and return it with its new version.

        Returns None when the stored film has another version by now.
        """
        try:
            document = await self._documents.replace(
                unit, movie.id, movie_body(movie), expected_version=movie.version
            )
        except VersionConflict:
            return None
        return _movie(document)


def movie_body(movie: MovieRecord) -> dict[str, Any]:
    """Return the body of a film's document."""
    facts = asdict(movie.facts)
    return {**facts, "status": movie.status.value, "release_date": movie.facts.release_date.isoformat()}


def movie_record(id_: str, version: int, body: Mapping[str, Any]) -> MovieRecord:
    """Read the body of a film's document."""
    facts = MovieFacts(
        title=body["title"],
        original_title=body["original_title"],
        synopsis=body["synopsis"],
        runtime_minutes=int(body["runtime_minutes"]),
        genres=tuple(body["genres"]),
        certificate=body["certificate"],
        release_date=date.fromisoformat(body["release_date"]),
        language=body["language"],
        directors=tuple(body["directors"]),
        cast=tuple(body["cast"]),
        poster_url=body["poster_url"],
        translations=tuple(
            Translation(Locale(each["locale"]), each["title"], each["synopsis"])
            for each in body["translations"]
        ),
    )
    return MovieRecord(id_, version, MovieStatus(body["status"]), facts)


def _movie(document: StoredDocument) -> MovieRecord:
    return movie_record(document.id, document.version, document.body)


def _filters(query: MovieQuery) -> list[Filter]:
    found: list[Filter] = []
    if query.text:
        found.append(Matches(query.text))
    if query.genre:
        found.append(Equal("genres", query.genre))
    if query.language:
        found.append(Equal("language", query.language))
    if query.released_after:
        found.append(AtLeast("release_date", query.released_after.isoformat()))
    if query.released_before:
        found.append(AtMost("release_date", query.released_before.isoformat()))
    if query.status is not None:
        found.append(Equal("status", query.status.value))
    return found
