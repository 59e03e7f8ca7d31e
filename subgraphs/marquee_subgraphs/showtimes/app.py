"""Wiring of the showtimes subgraph, and nothing else."""

from __future__ import annotations

from contextlib import AsyncExitStack

from marquee_subgraphs.kit.app import Subgraph, Wiring
from marquee_subgraphs.kit.backend import open_backend
from marquee_subgraphs.kit.runtime import Runtime
from marquee_subgraphs.showtimes.events.handlers import ShowtimesHandlers
from marquee_subgraphs.showtimes.migrations import HISTORY
from marquee_subgraphs.showtimes.schema import build_showtimes_schema
from marquee_subgraphs.showtimes.service import ShowtimesService
from marquee_subgraphs.showtimes.store import ShowtimesStore

NAME = "showtimes"
PORT = 4000


def build(runtime: Runtime) -> Subgraph:
    """Return the showtimes subgraph, not started."""
    schema = build_showtimes_schema(runtime.logger(NAME))
    return Subgraph(runtime, name=NAME, port=PORT, schema=schema, wire=_wire)


async def _wire(runtime: Runtime, stack: AsyncExitStack) -> Wiring:
    backend = await open_backend(runtime, NAME, HISTORY, stack)
    store = ShowtimesStore()
    ShowtimesHandlers(backend, store).register()
    return Wiring(backend=backend, service=ShowtimesService.of(backend, store))
