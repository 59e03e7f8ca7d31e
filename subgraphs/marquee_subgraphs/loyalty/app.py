"""Wiring of the loyalty subgraph, and nothing else."""

from __future__ import annotations

from contextlib import AsyncExitStack

from marquee_subgraphs.kit.app import Subgraph, Wiring, database_check
from marquee_subgraphs.kit.audit import AuditLog
from marquee_subgraphs.kit.idempotency import Idempotency
from marquee_subgraphs.kit.runtime import Runtime
from marquee_subgraphs.kit.supervisor import BackgroundTask
from marquee_subgraphs.loyalty.books import Books
from marquee_subgraphs.loyalty.events import LoyaltyEvents
from marquee_subgraphs.loyalty.hearing import Hearing
from marquee_subgraphs.loyalty.migrations import HISTORY
from marquee_subgraphs.loyalty.reading import Reading
from marquee_subgraphs.loyalty.schema import build_loyalty_schema
from marquee_subgraphs.loyalty.service import LoyaltyService
from marquee_subgraphs.loyalty.settling import Settling
from marquee_subgraphs.loyalty.store import LoyaltyStore

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
