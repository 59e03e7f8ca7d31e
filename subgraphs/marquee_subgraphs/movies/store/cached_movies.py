"""`CachedMovieStore`: answers the reads of films outside a unit of work from a cache.

Never answers within a unit of work, which must see its own writes. Never keeps text searches: their number is
unlimited, so each would be kept and rarely be asked for again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

import orjson

from marquee_subgraphs.kit.cache import Cache, Codec
from marquee_subgraphs.kit.database import UnitOfWork
from marquee_subgraphs.kit.documents import DocumentRepository
from marquee_subgraphs.kit.pagination import Page, PageRequest
from marquee_subgraphs.movies.domain import MovieQuery, MovieRecord, MovieSort
from marquee_subgraphs.movies.store.movies import MovieStore, movie_body, movie_record

V = TypeVar("V")


def _encode_movie(movie: MovieRecord) -> Any:
    return [movie.id, movie.version, movie_body(movie)]


def _decode_movie(value: Any) -> MovieRecord:
    return movie_record(*value)


def _encode_page(page: Page[MovieRecord]) -> Any:
    rows = [_encode_movie(row) for row in page.rows]
    return [rows, list(page.cursors), page.has_next, page.has_previous]


def _decode_page(value: Any) -> Page[MovieRecord]:
    rows, cursors, has_next, has_previous = value
    return Page([_decode_movie(row) for row in rows], cursors, has_next, has_previous)


MOVIE_CODEC: Final = Codec(_encode_movie, _decode_movie)
PAGE_CODEC: Final = Codec(_encode_page, _decode_page)
COUNT_CODEC: Final = Codec[int](int, int)


class CachedMovieStore(MovieStore):
    """A `MovieStore` with three caches: films by id, pages of lists, and the counts of lists."""

    def __init__(
        self,
        documents: DocumentRepository,
        *,
        movies: Cache[MovieRecord],
        pages: Cache[Page[MovieRecord]],
        counts: Cache[int],
    ) -> None:
        super().__init__(documents)
        self._movies = movies
        self._pages = pages
        self._counts = counts

    async def find_many(self, ids: Sequence[str]) -> dict[str, MovieRecord]:
        return await self._movies.get_many(ids, super().find_many)

    async def page(self, query: MovieQuery, sort: MovieSort, request: PageRequest) -> Page[MovieRecord]:
        if query.text is not None:
            return await super().page(query, sort, request)
        key = _key(query, sort.value, request.first, request.after)
        read = super().page
        return await _one(self._pages, key, lambda: read(query, sort, request))

    async def count(self, query: MovieQuery) -> int:
        if query.text is not None:
            return await super().count(query)
        read = super().count
        return await _one(self._counts, _key(query), lambda: read(query))

    async def insert(self, unit: UnitOfWork, movie: MovieRecord) -> None:
        await super().insert(unit, movie)
        unit.after_commit(lambda: self._forget(movie.id))

    async def replace(self, unit: UnitOfWork, movie: MovieRecord) -> MovieRecord | None:
        # Not before the commit: a reader between the two would put the old film back into the cache.
        unit.after_commit(lambda: self._forget(movie.id))
        return await super().replace(unit, movie)

    def _forget(self, movie_id: str) -> None:
        # A changed title may move a film to another page, and a changed genre into another list.
        self._movies.delete([movie_id])
        self._pages.clear()
        self._counts.clear()


async def _one(cache: Cache[V], key: str, read: Callable[[], Awaitable[V]]) -> V:
    async def compute(_: Sequence[str]) -> Mapping[str, V]:
        return {key: await read()}

    return (await cache.get_many([key], compute))[key]


def _key(query: MovieQuery, *more: Any) -> str:
    return orjson.dumps([query, *more]).decode()
