"""Wiring of the loyalty subgraph, and nothing else."""

from __future__ import annotations

from contextlib import AsyncExitStack

from marquee_subgraphs.kit.app import Subgraph, Wiring
from marquee_subgraphs.kit.backend import open_backend
from marquee_subgraphs.kit.runtime import Runtime
from marquee_subgraphs.kit.supervisor import BackgroundTask
from marquee_subgraphs.loyalty.events.handlers import LoyaltyHandlers
from marquee_subgraphs.loyalty.migrations import HISTORY
from marquee_subgraphs.loyalty.schema import build_loyalty_schema
from marquee_subgraphs.loyalty.service import LoyaltyService
from marquee_subgraphs.loyalty.store import LoyaltyStore

NAME = "loyalty"
PORT = 10000
_RELEASE_EVERY_SECONDS = 5.0


def build(runtime: Runtime) -> Subgraph:
    """Return the loyalty subgraph, not started."""
    schema = build_loyalty_schema(runtime.logger(NAME))
    return Subgraph(runtime, name=NAME, port=PORT, schema=schema, wire=_wire)


async def _wire(runtime: Runtime, stack: AsyncExitStack) -> Wiring:
    backend = await open_backend(runtime, NAME, HISTORY, stack)
    store = LoyaltyStore()
    service = LoyaltyService.of(backend, store)
    LoyaltyHandlers(backend, store, service).register()
    return Wiring(
        backend=backend,
        service=service,
        tasks=[BackgroundTask("release points", service.release.release_due, _RELEASE_EVERY_SECONDS)],
    )
