"""What the stores of the production layout count by themselves: transactions, rows, bytes, events, messages.

Reads PostgreSQL as the owner of the tables, and Redis. Changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from redis.asyncio import Redis

Counters = Mapping[str, float]
SUBGRAPHS: Final = (
    *("users", "movies", "showtimes", "tickets", "payments"),
    *("notifications", "reviews", "loyalty", "analytics"),
)

_CLUSTER: Final = """
SELECT datname, xact_commit, xact_rollback, tup_inserted + tup_updated + tup_deleted AS written, deadlocks
FROM pg_stat_database WHERE datname LIKE 'marquee\\_%'"""
_LOG: Final = """
SELECT (pg_current_wal_lsn() - '0/0')::bigint AS bytes,
       pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS transactions"""
_EVENTS: Final = """
SELECT (SELECT count(*) FROM outbox) AS published, (SELECT count(*) FROM inbox) AS taken,
       (SELECT count(*) FROM outbox WHERE published_at IS NULL) AS waiting"""


@dataclass(frozen=True, slots=True)
class Stores:
    """Where they are; the PostgreSQL URL names no database, the Redis URL no number."""

    postgres_url: str
    redis_url: str

    async def counters(self) -> Counters:
        """Everything counted since the stores began, by name; of each database under `name: DATABASE`."""
        found: dict[str, float] = dict.fromkeys(
            ("transactions", "rolled back", "rows written", "deadlocks", "events published",
             "deliveries taken", "events waiting"),
            0,
        )  # fmt: skip
        await self._events(found)
        await self._cluster(found)
        await self._redis(found)
        return found

    async def _events(self, found: dict[str, float]) -> None:
        for subgraph in SUBGRAPHS:
            connection = await self._connect(subgraph)
            try:
                (row,) = await connection.fetch(_EVENTS)
            finally:
                await connection.close()
            found["events published"] += row["published"]
            found["deliveries taken"] += row["taken"]
            found["events waiting"] += row["waiting"]

    async def _cluster(self, found: dict[str, float]) -> None:
        connection = await self._connect("tickets")
        try:
            for row in await connection.fetch(_CLUSTER):
                name = row["datname"].removeprefix("marquee_")
                found["transactions"] += row["xact_commit"]
                found["rolled back"] += row["xact_rollback"]
                found["rows written"] += row["written"]
                found["deadlocks"] += row["deadlocks"]
                found[f"transactions: {name}"] = row["xact_commit"]
                found[f"rows written: {name}"] = row["written"]
            (log,) = await connection.fetch(_LOG)
        finally:
            await connection.close()
        found["WAL bytes"] = log["bytes"]
        found["writing transactions"] = log["transactions"]

    async def _redis(self, found: dict[str, float]) -> None:
        async with Redis.from_url(self.redis_url) as redis:
            stats = await redis.info("stats")
            commands = await redis.info("commandstats")
        found["Redis commands"] = stats["total_commands_processed"]
        found["Redis messages published"] = sum(
            commands.get(f"cmdstat_{name}", {}).get("calls", 0) for name in ("publish", "spublish", "xadd")
        )

    async def _connect(self, subgraph: str) -> asyncpg.Connection:
        return await asyncpg.connect(
            urlunsplit(urlsplit(self.postgres_url)._replace(path=f"/marquee_{subgraph}"))
        )


def difference(before: Counters, after: Counters) -> dict[str, float]:
    """What was counted between two readings."""
    return {name: value - before.get(name, 0) for name, value in after.items()}
