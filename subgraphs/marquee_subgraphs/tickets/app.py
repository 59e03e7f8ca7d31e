"""Wiring of the tickets subgraph, and nothing else."""

from __future__ import annotations

from contextlib import AsyncExitStack

from marquee_subgraphs.kit.app import Subgraph, Wiring
from marquee_subgraphs.kit.backend import open_backend
from marquee_subgraphs.kit.runtime import Runtime
from marquee_subgraphs.kit.supervisor import BackgroundTask
from marquee_subgraphs.tickets.events.handlers import TicketHandlers
from marquee_subgraphs.tickets.migrations import HISTORY
from marquee_subgraphs.tickets.schema import build_tickets_schema
from marquee_subgraphs.tickets.service import Resources, TicketService
from marquee_subgraphs.tickets.service.layouts import Layouts
from marquee_subgraphs.tickets.store import TicketsStore

NAME = "tickets"
PORT = 5000
_SWEEP_EVERY_SECONDS = 1.0
_FORGET_EVERY_SECONDS = 3600.0


def build(runtime: Runtime) -> Subgraph:
    """Return the tickets subgraph, not started."""
    schema = build_tickets_schema(runtime.logger(NAME))
    return Subgraph(runtime, name=NAME, port=PORT, schema=schema, wire=_wire)


async def _wire(runtime: Runtime, stack: AsyncExitStack) -> Wiring:
    backend = await open_backend(runtime, NAME, HISTORY, stack)
    topics = runtime.topics(NAME)
    stack.push_async_callback(topics.close)
    store = TicketsStore()
    async with backend.database.transaction() as tx:
        key = await store.secrets.read_or_make(tx, "signing")
    resources = Resources(backend, store, topics, key, Layouts(store.showtimes))
    service = TicketService.of(resources)
    TicketHandlers(backend, service).register()
    return Wiring(
        backend=backend,
        service=service,
        tasks=[
            BackgroundTask("expire holds and orders", service.expiry.sweep, _SWEEP_EVERY_SECONDS),
            BackgroundTask(
                "refund cancelled showtimes", service.cancellations.refund_all, _SWEEP_EVERY_SECONDS
            ),
            BackgroundTask("forget waitlists", service.waitlist.forget, _FORGET_EVERY_SECONDS),
        ],
    )
