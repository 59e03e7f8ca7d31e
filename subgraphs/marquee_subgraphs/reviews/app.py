"""Wiring of the reviews subgraph, and nothing else."""

from __future__ import annotations

from contextlib import AsyncExitStack

from marquee_subgraphs.kit.app import Subgraph, Wiring
from marquee_subgraphs.kit.backend import open_backend
from marquee_subgraphs.kit.runtime import Runtime
from marquee_subgraphs.reviews.events.handlers import ReviewHandlers
from marquee_subgraphs.reviews.migrations import HISTORY
from marquee_subgraphs.reviews.schema import build_reviews_schema
from marquee_subgraphs.reviews.service import ReviewService
from marquee_subgraphs.reviews.store import ReviewStore

NAME = "reviews"
PORT = 9000


def build(runtime: Runtime) -> Subgraph:
    """Return the reviews subgraph, not started."""
    schema = build_reviews_schema(runtime.logger(NAME))
    return Subgraph(runtime, name=NAME, port=PORT, schema=schema, wire=_wire)


async def _wire(runtime: Runtime, stack: AsyncExitStack) -> Wiring:
    backend = await open_backend(runtime, NAME, HISTORY, stack)
    opening = await runtime.open_documents(NAME, backend.database, *ReviewStore.TABLES)
    documents = await stack.enter_async_context(opening)
    store = ReviewStore.of(documents)
    service = ReviewService.of(backend, store)
    ReviewHandlers(backend, store, service).register()
    return Wiring(backend=backend, service=service, tasks=documents.tasks, checks=documents.checks)
