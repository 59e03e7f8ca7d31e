"""`CachedMovieStore`: the reads of films outside a transaction, answered from a cache where it has them.

Must never answer within a unit of work, nor keep searches for words: there is no end of words.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from typing import Any, Final, TypeVar

import orjson

from marquee_subgraphs.kit.cache import Cache, Codec
from marquee_subgraphs.kit.database import UnitOfWork
from marquee_subgraphs.kit.documents import DocumentRepository
from marquee_subgraphs.kit.pagination import Page, PageRequest
from marquee_subgraphs.kit.runtime import Runtime
from marquee_subgraphs.movies.domain import MovieRecord
from marquee_subgraphs.movies.store import MovieQuery, MovieSort, MovieStore

V = TypeVar("V")


def _encode_movie(movie: MovieRecord) -> Any:
    return [movie.id, movie.version, movie.to_body()]


def _decode_movie(value: Any) -> MovieRecord:
    return MovieRecord.of(*value)


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
    """A `MovieStore` with caches of films by id, pages of the programme and their counts."""

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
        """The films of these ids, whichever there are."""
        return await self._movies.get_many(ids, super().find_many)

    async def page(self, query: MovieQuery, sort: MovieSort, request: PageRequest) -> Page[MovieRecord]:
        """Films in order."""
        if query.text is not None:
            return await super().page(query, sort, request)
        key = _key(query, sort.value, request.first, request.after)
        read = super().page
        return await _one(self._pages, key, lambda: read(query, sort, request))

    async def count(self, query: MovieQuery) -> int:
        """How many films the query finds."""
        if query.text is not None:
            return await super().count(query)
        read = super().count
        return await _one(self._counts, _key(query), lambda: read(query))

    async def insert(self, unit: UnitOfWork, movie: MovieRecord) -> None:
        await super().insert(unit, movie)
        unit.after_commit(lambda: self._forget(movie.id))

    async def replace(self, unit: UnitOfWork, movie: MovieRecord) -> MovieRecord | None:
        """Write a changed film over its `version`; None when it has moved on since."""
        unit.after_commit(lambda: self._forget(movie.id))
        return await super().replace(unit, movie)

    def _forget(self, movie_id: str) -> None:
        self._movies.delete([movie_id])
        self._pages.clear()
        self._counts.clear()


def cached_store(
    runtime: Runtime, subgraph: str, documents: DocumentRepository, stack: AsyncExitStack
) -> CachedMovieStore:
    """A store of these documents with the runtime's caches, which the stack closes."""
    topics = runtime.topics(subgraph)
    stack.push_async_callback(topics.close)

    def cache(name: str, codec: Codec[V]) -> Cache[V]:
        opened = runtime.cache(subgraph, name, codec, topics)
        stack.push_async_callback(opened.close)
        return opened

    return CachedMovieStore(
        documents,
        movies=cache("movies", MOVIE_CODEC),
        pages=cache("pages", PAGE_CODEC),
        counts=cache("counts", COUNT_CODEC),
    )


async def _one(cache: Cache[V], key: str, read: Callable[[], Awaitable[V]]) -> V:
    async def compute(_: Sequence[str]) -> Mapping[str, V]:
        return {key: await read()}

    return (await cache.get_many([key], compute))[key]


def _key(query: MovieQuery, *more: Any) -> str:
    return orjson.dumps([query, *more]).decode()
