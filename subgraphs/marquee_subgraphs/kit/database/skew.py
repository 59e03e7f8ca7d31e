"""How far the process's clock is from the store's. Times in rows come from processes, so those must agree."""

from __future__ import annotations

import time
from typing import Final

from sqlalchemy import text

from marquee_subgraphs.kit.clock import Clock
from marquee_subgraphs.kit.database.database import Database

MOST_SKEW_SECONDS: Final = 5.0
"""What the router's signed identities forgive, too."""
_ASK: Final = text("SELECT extract(epoch FROM clock_timestamp())")


async def clock_skew_seconds(database: Database, clock: Clock) -> float | None:
    """Seconds that the store's clock is ahead of `clock`; None on SQLite, which has no clock of its own."""
    if database.dialect != "postgresql":
        return None
    async with database.read() as connection:
        before, began = clock.now(), time.monotonic()
        there = float(await connection.scalar(_ASK))
        took = time.monotonic() - began
    return there - before.timestamp() - took / 2
