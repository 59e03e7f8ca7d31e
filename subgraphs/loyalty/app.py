"""Wiring of the loyalty subgraph, and nothing else."""

from __future__ import annotations

from contextlib import AsyncExitStack

from subgraphs.kit.app import Subgraph, Wiring, database_check
from subgraphs.kit.audit import AuditLog
from subgraphs.kit.idempotency import Idempotency
from subgraphs.kit.runtime import Runtime
from subgraphs.kit.supervisor import BackgroundTask
from subgraphs.loyalty.books import Books
from subgraphs.loyalty.events import LoyaltyEvents
from subgraphs.loyalty.hearing import Hearing
from subgraphs.loyalty.migrations import HISTORY
from subgraphs.loyalty.reading import Reading
from subgraphs.loyalty.schema import build_loyalty_schema
from subgraphs.loyalty.service import LoyaltyService
from subgraphs.loyalty.settling import Settling
from subgraphs.loyalty.store import LoyaltyStore

NAME = "loyalty"
PORT = 10000
_SETTLE_EVERY_SECONDS = 5.0


def build(runtime: Runtime) -> Subgraph:
    """The loyalty subgraph."""
    return Subgraph(
        runtime, name=NAME, port=PORT, schema=build_loyalty_schema(runtime.logger(NAME)), wire=_wire
    )


async def _wire(runtime: Runtime, stack: AsyncExitStack) -> Wiring:
    database = await stack.enter_async_context(await runtime.open_database(NAME, HISTORY))
    events = runtime.events(NAME, database)
    store, loyalty_events = LoyaltyStore(), LoyaltyEvents(events.outbox)
    books = Books(store, loyalty_events, runtime.clock)
    Hearing(store, books, loyalty_events, events.consumer.inbox).register(events.consumer)
    settling = Settling(database=database, store=store, books=books, clock=runtime.clock)
    service = LoyaltyService(
        reading=Reading(database=database, store=store, settling=settling, clock=runtime.clock),
        settling=settling,
        database=database,
        store=store,
        books=books,
        events=loyalty_events,
        audit=AuditLog(runtime.clock),
        idempotency=Idempotency(runtime.clock),
        clock=runtime.clock,
    )
    return Wiring(
        service=service,
        database=database,
        events=events,
        tasks=[BackgroundTask("release points", settling.settle_due, every_seconds=_SETTLE_EVERY_SECONDS)],
        checks={"database": database_check(database)},
    )
