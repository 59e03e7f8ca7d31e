"""Wiring of the movies subgraph, and nothing else."""

from __future__ import annotations

from contextlib import AsyncExitStack
from typing import TypeVar

from marquee_subgraphs.kit.app import Subgraph, Wiring
from marquee_subgraphs.kit.backend import open_backend
from marquee_subgraphs.kit.cache import Cache, Codec
from marquee_subgraphs.kit.documents import DocumentRepository
from marquee_subgraphs.kit.runtime import Runtime
from marquee_subgraphs.movies.migrations import HISTORY
from marquee_subgraphs.movies.schema import build_movies_schema
from marquee_subgraphs.movies.service import MovieService
from marquee_subgraphs.movies.store import COUNT_CODEC, MOVIE_CODEC, PAGE_CODEC, CachedMovieStore

V = TypeVar("V")
NAME = "movies"
PORT = 8000


def build(runtime: Runtime) -> Subgraph:
    """Return the movies subgraph, not started."""
    schema = build_movies_schema(runtime.logger(NAME))
    return Subgraph(runtime, name=NAME, port=PORT, schema=schema, wire=_wire)


async def _wire(runtime: Runtime, stack: AsyncExitStack) -> Wiring:
    backend = await open_backend(runtime, NAME, HISTORY, stack)
    opening = await runtime.open_documents(NAME, backend.database, CachedMovieStore.TABLES)
    documents = await stack.enter_async_context(opening)
    store = _cached_store(runtime, documents.repository(CachedMovieStore.TABLES), stack)
    service = MovieService(backend, store)
    return Wiring(backend=backend, service=service, tasks=documents.tasks, checks=documents.checks)


def _cached_store(runtime: Runtime, documents: DocumentRepository, stack: AsyncExitStack) -> CachedMovieStore:
    topics = runtime.topics(NAME)
    stack.push_async_callback(topics.close)

    def cache(name: str, codec: Codec[V]) -> Cache[V]:
        opened = runtime.cache(NAME, name, codec, topics)
        stack.push_async_callback(opened.close)
        return opened

    return CachedMovieStore(
        documents,
        movies=cache("movies", MOVIE_CODEC),
        pages=cache("pages", PAGE_CODEC),
        counts=cache("counts", COUNT_CODEC),
    )
