"""Wiring of the tickets subgraph, and nothing else."""

from __future__ import annotations

from contextlib import AsyncExitStack

from marquee_subgraphs.kit.app import Subgraph, Wiring, database_check
from marquee_subgraphs.kit.audit import AuditLog
from marquee_subgraphs.kit.database import Database
from marquee_subgraphs.kit.idempotency import Idempotency
from marquee_subgraphs.kit.runtime import Runtime
from marquee_subgraphs.kit.supervisor import BackgroundTask
from marquee_subgraphs.tickets import store
from marquee_subgraphs.tickets.events.consumed import consume
from marquee_subgraphs.tickets.events.published import TicketEvents
from marquee_subgraphs.tickets.migrations import HISTORY
from marquee_subgraphs.tickets.schema import build_tickets_schema
from marquee_subgraphs.tickets.service import BoxOffice, TicketService

NAME = "tickets"
PORT = 5000
_SWEEP_EVERY_SECONDS = 1.0
_FORGET_EVERY_SECONDS = 3600.0


def build(runtime: Runtime) -> Subgraph:
    """The tickets subgraph."""
    return Subgraph(
        runtime, name=NAME, port=PORT, schema=build_tickets_schema(runtime.logger(NAME)), wire=_wire
    )


async def _wire(runtime: Runtime, stack: AsyncExitStack) -> Wiring:
    database = await stack.enter_async_context(await runtime.open_database(NAME, HISTORY))
    topics = runtime.topics(NAME)
    stack.push_async_callback(topics.close)
    events = runtime.events(NAME, database)
    key = await _signing_key(database)
    service = TicketService.of(
        BoxOffice(
            database=database,
            clock=runtime.clock,
            events=TicketEvents(events.outbox, key),
            audit=AuditLog(runtime.clock),
            idempotency=Idempotency(runtime.clock),
            topics=topics,
            key=key,
        )
    )
    consume(events.consumer, service.projections, service.settlement)
    return Wiring(
        service=service,
        events=events,
        tasks=[
            BackgroundTask("expire holds and orders", service.expiry.sweep, _SWEEP_EVERY_SECONDS),
            BackgroundTask("refund cancelled showtimes", service.expiry.refund, _SWEEP_EVERY_SECONDS),
            BackgroundTask("forget waitlists", service.waitlist.forget, _FORGET_EVERY_SECONDS),
        ],
        checks={"database": database_check(database)},
    )


async def _signing_key(database: Database) -> bytes:
    """The key of QR codes and tokens; kept in the store, so that replicas share it."""
    async with database.transaction() as tx:
        return await store.read_or_make_secret(tx, "signing")
