"""Wiring of the reviews subgraph, and nothing else."""

from __future__ import annotations

from contextlib import AsyncExitStack

from marquee_subgraphs.kit.app import Subgraph, Wiring
from marquee_subgraphs.kit.audit import AuditLog
from marquee_subgraphs.kit.runtime import Runtime
from marquee_subgraphs.reviews.events import ReviewEvents, consume
from marquee_subgraphs.reviews.migrations import HISTORY
from marquee_subgraphs.reviews.schema import build_reviews_schema
from marquee_subgraphs.reviews.service import ReviewService
from marquee_subgraphs.reviews.store import (
    ATTENDANCE_TABLES,
    FILM_TABLES,
    REVIEW_TABLES,
    VOTE_TABLES,
    ReviewStore,
)

NAME = "reviews"
PORT = 9000


def build(runtime: Runtime) -> Subgraph:
    """The reviews subgraph."""
    return Subgraph(
        runtime, name=NAME, port=PORT, schema=build_reviews_schema(runtime.logger(NAME)), wire=_wire
    )


async def _wire(runtime: Runtime, stack: AsyncExitStack) -> Wiring:
    database = await stack.enter_async_context(await runtime.open_database(NAME, HISTORY))
    documents = await stack.enter_async_context(
        await runtime.open_documents(
            NAME, database, REVIEW_TABLES, VOTE_TABLES, ATTENDANCE_TABLES, FILM_TABLES
        )
    )
    events = runtime.events(NAME, database)
    store = ReviewStore(
        reviews=documents.repository(REVIEW_TABLES),
        votes=documents.repository(VOTE_TABLES),
        attendances=documents.repository(ATTENDANCE_TABLES),
        films=documents.repository(FILM_TABLES),
    )
    review_events = ReviewEvents(events.outbox)
    consume(events.consumer, store, review_events)
    service = ReviewService(
        documents=database,
        store=store,
        events=review_events,
        audit=AuditLog(runtime.clock),
        clock=runtime.clock,
    )
    return Wiring(
        service=service,
        events=events,
        database=database,
        tasks=documents.tasks,
        checks=documents.checks,
    )
