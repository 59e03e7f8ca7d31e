"""The difference between the process's clock and the store's.

Times in rows come from the clocks of processes. If replica A is a minute ahead of replica B, holds that A
writes end a minute late for B, and A takes over seats whose hold B still honours.
"""

from __future__ import annotations

import time
from typing import Final

from sqlalchemy import text

from marquee_subgraphs.kit.clock import Clock
from marquee_subgraphs.kit.database.database import Database

MOST_SKEW_SECONDS: Final = 5.0
"""The router's signed identities allow the same difference."""
_ASK: Final = text("SELECT extract(epoch FROM clock_timestamp())")


async def clock_skew_seconds(database: Database, clock: Clock) -> float | None:
    """Return the seconds that the store's clock is ahead of `clock`; None on SQLite, which has no clock."""
    if database.dialect != "postgresql":
        return None
    async with database.read() as connection:
        before, began = clock.now(), time.monotonic()
        there = float(await connection.scalar(_ASK))
        took = time.monotonic() - began
    # Half of the round trip, for the question was under way when the store read its clock.
    return there - before.timestamp() - took / 2
