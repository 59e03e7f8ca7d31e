"""The log of seat changes: which seats each version of a showtime's seat map changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import delete, insert, select

from marquee_subgraphs.kit.database import Connection, Transaction
from marquee_subgraphs.tickets.tables import SEAT_CHANGES

CHANGES_KEPT: Final = 1_000
"""How many versions a watcher can have missed and still receive only the changes; else it gets all seats."""
_PRUNE_EVERY: Final = 100
_LOG = insert(SEAT_CHANGES)


class SeatChangeStore:
    """Reads and writes of the log."""

    async def add(self, tx: Transaction, *, showtime_id: str, version: int, labels: Sequence[str]) -> None:
        """Add the seats that a version changed; every 100 versions, delete what is too old."""
        await tx.execute(_LOG, {"showtime_id": showtime_id, "version": version, "labels": list(labels)})
        if version % _PRUNE_EVERY == 0:
            await tx.execute(
                delete(SEAT_CHANGES).where(
                    SEAT_CHANGES.c.showtime_id == showtime_id,
                    SEAT_CHANGES.c.version <= version - CHANGES_KEPT,
                )
            )

    async def labels_since(
        self, connection: Connection, *, showtime_id: str, after_version: int, version: int
    ) -> set[str] | None:
        """Return the labels changed after `after_version`, up to `version`; None when some are deleted."""
        # Pruned at every hundredth version: at 1 250 the log begins at 201, so 200 is the oldest that works.
        if after_version < version // _PRUNE_EVERY * _PRUNE_EVERY - CHANGES_KEPT:
            return None
        rows = await connection.execute(
            select(SEAT_CHANGES.c.labels).where(
                SEAT_CHANGES.c.showtime_id == showtime_id,
                SEAT_CHANGES.c.version > after_version,
                SEAT_CHANGES.c.version <= version,
            )
        )
        return {label for labels in rows.scalars() for label in labels}
