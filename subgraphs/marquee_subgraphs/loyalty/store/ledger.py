"""The rows of the ledger of points: appended, never changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from marquee_subgraphs.kit.database import Connection, Transaction
from marquee_subgraphs.kit.pagination import PageRequest
from marquee_subgraphs.loyalty.domain import TIER_WINDOW, EntryKind, LedgerEntry
from marquee_subgraphs.loyalty.tables import LEDGER

_ENTRY = [LEDGER.c[name] for name in LedgerEntry.__slots__]


class LedgerStore:
    """Reads and writes of ledger entries."""

    async def append(
        self, tx: Transaction, entry: LedgerEntry, *, key: str, counts_from: datetime | None
    ) -> None:
        """Append `entry`. The unique `key` names its cause, so that no cause can be entered twice
        (`earned:pay_1`). From `counts_from` on the points count for the tier; never, when it is None.
        """
        await tx.execute(
            LEDGER.insert().values(
                id=entry.id,
                membership_id=entry.membership_id,
                kind=entry.kind.value,
                points=entry.points,
                pending=entry.pending,
                reason=entry.reason,
                order_id=entry.order_id,
                created_at=entry.created_at,
                key=key,
                counts_from=counts_from,
            )
        )

    async def sum_for_tier(
        self, connection: Connection, membership_id: str, now: datetime
    ) -> tuple[int, datetime | None]:
        """Return the points of the twelve months up to `now`, and the moment from which the oldest counts."""
        row = (
            await connection.execute(
                select(
                    # A reversal counts from the same moment as the points that it takes back, so that both
                    # leave the window together.
                    func.coalesce(func.sum(LEDGER.c.points), 0).label("points"),
                    func.min(LEDGER.c.counts_from).label("oldest"),
                ).where(LEDGER.c.membership_id == membership_id, LEDGER.c.counts_from > now - TIER_WINDOW)
            )
        ).one()
        return int(row.points), row.oldest

    async def pages(
        self, connection: Connection, membership_ids: Sequence[str], request: PageRequest
    ) -> Mapping[str, list[LedgerEntry]]:
        """Return up to `first + 1` entries of each member, newest first."""
        # A window function instead of a query for each member: a page of ten members is one statement.
        place = func.row_number().over(partition_by=LEDGER.c.membership_id, order_by=LEDGER.c.sequence.desc())
        inner = select(*_ENTRY, place.label("place")).where(LEDGER.c.membership_id.in_(membership_ids))
        if request.after is not None:
            inner = inner.where(LEDGER.c.sequence < request.after[0])
        ranked = inner.subquery()
        rows = await connection.execute(
            select(ranked).where(ranked.c.place <= request.first + 1).order_by(ranked.c.sequence.desc())
        )
        found: dict[str, list[LedgerEntry]] = {id_: [] for id_ in membership_ids}
        for row in rows:
            found[row.membership_id].append(_entry(row))
        return found

    async def count(self, connection: Connection, membership_ids: Sequence[str]) -> dict[str, int]:
        """Return how many entries each member has; members without entries are absent."""
        rows = await connection.execute(
            select(LEDGER.c.membership_id, func.count().label("entries"))
            .where(LEDGER.c.membership_id.in_(membership_ids))
            .group_by(LEDGER.c.membership_id)
        )
        return {row.membership_id: row.entries for row in rows}


def _entry(row: Any) -> LedgerEntry:
    values = {name: row._mapping[name] for name in LedgerEntry.__slots__}
    return LedgerEntry(**{**values, "kind": EntryKind(row.kind)})
