"""Wiring of the movies subgraph, and nothing else."""

from __future__ import annotations

from contextlib import AsyncExitStack

from marquee_subgraphs.kit.app import Subgraph, Wiring
from marquee_subgraphs.kit.runtime import Runtime
from marquee_subgraphs.movies.cached import cached_store
from marquee_subgraphs.movies.events import MovieEvents
from marquee_subgraphs.movies.migrations import HISTORY
from marquee_subgraphs.movies.schema import build_movies_schema
from marquee_subgraphs.movies.service import MovieService
from marquee_subgraphs.movies.store import MOVIE_TABLES

NAME = "movies"
PORT = 8000


def build(runtime: Runtime) -> Subgraph:
    """The movies subgraph."""
    return Subgraph(
        runtime, name=NAME, port=PORT, schema=build_movies_schema(runtime.logger(NAME)), wire=_wire
    )


async def _wire(runtime: Runtime, stack: AsyncExitStack) -> Wiring:
    database = await stack.enter_async_context(await runtime.open_database(NAME, HISTORY))
    documents = await stack.enter_async_context(await runtime.open_documents(NAME, database, MOVIE_TABLES))
    events = runtime.events(NAME, database)
    service = MovieService(
        documents=database,
        store=cached_store(runtime, NAME, documents.repository(MOVIE_TABLES), stack),
        events=MovieEvents(events.outbox),
        clock=runtime.clock,
    )
    return Wiring(
        service=service,
        events=events,
        database=database,
        tasks=documents.tasks,
        checks=documents.checks,
    )
