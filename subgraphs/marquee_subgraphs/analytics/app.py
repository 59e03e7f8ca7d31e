"""Wiring of the analytics subgraph, and nothing else."""

from __future__ import annotations

from contextlib import AsyncExitStack

from marquee_subgraphs.analytics.events import Hearing
from marquee_subgraphs.analytics.migrations import HISTORY
from marquee_subgraphs.analytics.schema import build_analytics_schema
from marquee_subgraphs.analytics.service import AnalyticsService, Figures, Reports, Tracking
from marquee_subgraphs.analytics.store import FactStore, FigureStore
from marquee_subgraphs.kit.app import Subgraph, Wiring
from marquee_subgraphs.kit.runtime import Runtime

NAME = "analytics"
PORT = 11000


def build(runtime: Runtime) -> Subgraph:
    """The analytics subgraph."""
    return Subgraph(
        runtime, name=NAME, port=PORT, schema=build_analytics_schema(runtime.logger(NAME)), wire=_wire
    )


async def _wire(runtime: Runtime, stack: AsyncExitStack) -> Wiring:
    database = await stack.enter_async_context(await runtime.open_database(NAME, HISTORY))
    events = runtime.events(NAME, database)
    facts, figures = FactStore(), FigureStore()
    Hearing(facts, events.outbox, events.consumer.inbox).register(events.consumer)
    service = AnalyticsService(
        reports=Reports(database=database, store=figures, clock=runtime.clock),
        figures=Figures(database=database, store=figures, clock=runtime.clock),
        tracking=Tracking(
            database=database,
            store=facts,
            clock=runtime.clock,
            pace=runtime.pace(NAME),
            logger=runtime.logger(NAME),
        ),
    )
    return Wiring(service=service, database=database, events=events)
