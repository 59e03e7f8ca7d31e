"""Wiring of the analytics subgraph, and nothing else."""

from __future__ import annotations

from contextlib import AsyncExitStack

from marquee_subgraphs.analytics.events.handlers import AnalyticsHandlers
from marquee_subgraphs.analytics.migrations import HISTORY
from marquee_subgraphs.analytics.schema import build_analytics_schema
from marquee_subgraphs.analytics.service import AnalyticsService
from marquee_subgraphs.analytics.store import AnalyticsStore
from marquee_subgraphs.kit.app import Subgraph, Wiring
from marquee_subgraphs.kit.backend import open_backend
from marquee_subgraphs.kit.runtime import Runtime

NAME = "analytics"
PORT = 11000


def build(runtime: Runtime) -> Subgraph:
    """Return the analytics subgraph, not started."""
    schema = build_analytics_schema(runtime.logger(NAME))
    return Subgraph(runtime, name=NAME, port=PORT, schema=schema, wire=_wire)


async def _wire(runtime: Runtime, stack: AsyncExitStack) -> Wiring:
    backend = await open_backend(runtime, NAME, HISTORY, stack)
    store = AnalyticsStore()
    service = AnalyticsService.of(backend, store, runtime.pace(NAME), runtime.logger(NAME))
    AnalyticsHandlers(backend, store, service).register()
    return Wiring(backend=backend, service=service)
