"""The films, in a collection of documents. The only place that knows how they are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from sqlalchemy import MetaData

from marquee_subgraphs.kit.database import UnitOfWork
from marquee_subgraphs.kit.documents import (
    AtLeast,
    AtMost,
    Collection,
    DocumentRepository,
    Equal,
    Field,
    FieldKind,
    Filter,
    Matches,
    Sort,
    StoredDocument,
    VersionConflict,
    document_tables,
)
from marquee_subgraphs.kit.pagination import Page, PageRequest
from marquee_subgraphs.movies.domain import MovieRecord, MovieStatus

MOVIES: Final = Collection(
    name="movies",
    fields=(
        Field("title", folded=True, required=True),
        Field("release_date", required=True),
        Field("runtime_minutes", FieldKind.NUMBER, required=True),
        Field("language", required=True),
        Field("status", required=True),
        Field("genres", many=True, folded=True),
    ),
    text=("title", "original_title", "translations.title", "directors", "cast"),
    indexes=(("status", "title"), ("status", "release_date")),
)
TABLES: Final = MetaData()
MOVIE_TABLES: Final = document_tables(TABLES, MOVIES)


class MovieSort(StrEnum):
    """The orders a programme can be read in."""

    TITLE = "TITLE"
    RELEASE_DATE_ASC = "RELEASE_DATE_ASC"
    RELEASE_DATE_DESC = "RELEASE_DATE_DESC"
    RUNTIME = "RUNTIME"


_SORTS: Final[dict[MovieSort, tuple[Sort, ...]]] = {
    MovieSort.TITLE: (Sort("title"),),
    MovieSort.RELEASE_DATE_ASC: (Sort("release_date"),),
    MovieSort.RELEASE_DATE_DESC: (Sort("release_date", descending=True),),
    MovieSort.RUNTIME: (Sort("runtime_minutes"),),
}


@dataclass(frozen=True, slots=True)
class MovieQuery:
    """Which films; what is None does not matter."""

    text: str | None = None
    genre: str | None = None
    language: str | None = None
    released_after: date | None = None
    released_before: date | None = None
    status: MovieStatus | None = MovieStatus.ACTIVE

    def filters(self) -> list[Filter]:
        """The same in the repository's terms."""
        found: list[Filter] = []
        if self.text:
            found.append(Matches(self.text))
        if self.genre:
            found.append(Equal("genres", self.genre))
        if self.language:
            found.append(Equal("language", self.language))
        if self.released_after:
            found.append(AtLeast("release_date", self.released_after.isoformat()))
        if self.released_before:
            found.append(AtMost("release_date", self.released_before.isoformat()))
        if self.status is not None:
            found.append(Equal("status", self.status.value))
        return found


class MovieStore:
    """Reads and writes of films; each method asks the repository once."""

    def __init__(self, documents: DocumentRepository) -> None:
        self._documents = documents

    def page_request(self, first: int, after: str | None, sort: MovieSort) -> PageRequest:
        """Check a connection's arguments. Raises `InvalidInput`."""
        return PageRequest.of(first, after, MOVIES.key_types(_SORTS[sort]))

    async def page(self, query: MovieQuery, sort: MovieSort, request: PageRequest) -> Page[MovieRecord]:
        """Films in order."""
        found = await self._documents.find(query.filters(), sort=_SORTS[sort], page=request)
        rows = [_movie(document) for document in found.rows]
        return Page(rows, found.cursors, found.has_next, found.has_previous)

    async def count(self, query: MovieQuery) -> int:
        return await self._documents.count(query.filters())

    async def find_many(self, ids: Sequence[str]) -> dict[str, MovieRecord]:
        """The films of these ids, whichever there are."""
        found = await self._documents.get_many(ids)
        return {id_: _movie(document) for id_, document in found.items()}

    async def find(self, unit: UnitOfWork, movie_id: str) -> MovieRecord | None:
        document = await self._documents.get(movie_id, within=unit)
        return None if document is None else _movie(document)

    async def insert(self, unit: UnitOfWork, movie: MovieRecord) -> None:
        await self._documents.insert(unit, movie.id, movie.to_body())

    async def replace(self, unit: UnitOfWork, movie: MovieRecord) -> MovieRecord | None:
        """Write a changed film over its `version`; None when it has moved on since."""
        try:
            document = await self._documents.replace(
                unit, movie.id, movie.to_body(), expected_version=movie.version
            )
        except VersionConflict:
            return None
        return _movie(document)


def _movie(document: StoredDocument) -> MovieRecord:
    return MovieRecord.of(document.id, document.version, document.body)
