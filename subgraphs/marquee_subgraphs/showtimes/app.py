"""Wiring of the showtimes subgraph, and nothing else."""

from __future__ import annotations

from contextlib import AsyncExitStack

from marquee_subgraphs.kit.app import Subgraph, Wiring
from marquee_subgraphs.kit.audit import AuditLog
from marquee_subgraphs.kit.runtime import Runtime
from marquee_subgraphs.showtimes.events import ShowtimeEvents, consume
from marquee_subgraphs.showtimes.migrations import HISTORY
from marquee_subgraphs.showtimes.schema import build_showtimes_schema
from marquee_subgraphs.showtimes.service import ShowtimeService
from marquee_subgraphs.showtimes.store import ShowtimeStore

NAME = "showtimes"
PORT = 4000


def build(runtime: Runtime) -> Subgraph:
    """The showtimes subgraph."""
    return Subgraph(
        runtime, name=NAME, port=PORT, schema=build_showtimes_schema(runtime.logger(NAME)), wire=_wire
    )


async def _wire(runtime: Runtime, stack: AsyncExitStack) -> Wiring:
    database = await stack.enter_async_context(await runtime.open_database(NAME, HISTORY))
    events = runtime.events(NAME, database)
    store = ShowtimeStore()
    consume(events.consumer, store)
    service = ShowtimeService(
        database=database,
        store=store,
        events=ShowtimeEvents(events.outbox),
        audit=AuditLog(runtime.clock),
        clock=runtime.clock,
    )
    return Wiring(service=service, events=events, database=database)
