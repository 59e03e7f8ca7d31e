"""Reads a store when metrics are scraped: its outbox and its connections. Changes nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from marquee_subgraphs.kit.clock import Clock
from marquee_subgraphs.kit.database import Database
from marquee_subgraphs.kit.events.outbox import count_unpublished, oldest_unpublished
from marquee_subgraphs.kit.telemetry.subgraph import SubgraphTelemetry


def store_probe(
    telemetry: SubgraphTelemetry, database: Database, clock: Clock
) -> Callable[[], Awaitable[None]]:
    """Return the probe of one subgraph's SQL store and of the outbox in it."""
    name, families = telemetry.subgraph, telemetry.families

    async def probe() -> None:
        in_use, limit = database.connections()
        families.store.connections_in_use.labels(name).set(in_use)
        if limit is not None:
            families.store.connections_limit.labels(name).set(limit)
        async with database.read() as connection:
            waiting = await count_unpublished(connection)
            oldest = await oldest_unpublished(connection) if waiting else None
        families.events.outbox_events.labels(name).set(waiting)
        age = 0.0 if oldest is None else (clock.now() - oldest).total_seconds()
        families.events.outbox_age_seconds.labels(name).set(max(0.0, age))

    return probe
