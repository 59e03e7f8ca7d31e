"""The rows of cancelled showtimes: how far their refunds are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, update

from marquee_subgraphs.kit.database import Connection, Transaction
from marquee_subgraphs.tickets.domain.showtimes import Cancellation
from marquee_subgraphs.tickets.store.rows import values_of
from marquee_subgraphs.tickets.tables import CANCELLATIONS

_CANCELLATION = [CANCELLATIONS.c[name] for name in Cancellation.__dataclass_fields__]


class CancellationStore:
    """Reads and writes of the progress of cancelled showtimes."""

    async def begin(self, tx: Transaction, *, showtime_id: str, reason: str, orders_total: int) -> None:
        """Note that every order of the showtime is to be given back."""
        await tx.execute(
            tx.insert(CANCELLATIONS)
            .values(showtime_id=showtime_id, reason=reason, orders_total=orders_total)
            .on_conflict_do_nothing()
        )

    async def find_unfinished(self, tx: Transaction) -> Cancellation | None:
        """Return one that has orders left, and hold it; another worker skips it."""
        row = (
            await tx.execute(
                select(*_CANCELLATION)
                .where(CANCELLATIONS.c.finished_at.is_(None))
                .order_by(CANCELLATIONS.c.showtime_id)
                .limit(1)
                # Another process refunds a cancelled showtime that is locked; this one takes the next.
                .with_for_update(skip_locked=True)
            )
        ).first()
        return None if row is None else Cancellation(*values_of(row))

    async def find_many(self, connection: Connection, showtime_ids: Sequence[str]) -> dict[str, Cancellation]:
        """Return how far the refunds of these showtimes are."""
        rows = await connection.execute(
            select(*_CANCELLATION).where(CANCELLATIONS.c.showtime_id.in_(showtime_ids))
        )
        return {row.showtime_id: Cancellation(*values_of(row)) for row in rows}

    async def update(self, tx: Transaction, showtime_id: str, **values: Any) -> None:
        """Note progress."""
        await tx.execute(
            update(CANCELLATIONS).where(CANCELLATIONS.c.showtime_id == showtime_id).values(**values)
        )
