"""The invariants of revenue, as far as this store shows them, and what payments is compared with.

Reads only. Each finding names what is wrong, so that `marquee verify` and every fault test can print it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, func, select

from marquee_subgraphs.analytics.tables import DAILY_SALES, SALES
from marquee_subgraphs.kit.database import Connection, Database
from marquee_subgraphs.kit.invariants import Invariant


async def revenue_by_payment(database: Database) -> Mapping[str, tuple[int, int]]:
    """Return the minor units captured and refunded of each known payment."""
    async with database.read(heavy=True) as connection:
        rows = await connection.execute(
            select(
                SALES.c.payment_id,
                func.sum(SALES.c.captured).label("captured"),
                func.sum(SALES.c.refunded).label("refunded"),
            ).group_by(SALES.c.payment_id)
        )
    return {row.payment_id: (int(row.captured), int(row.refunded)) for row in rows}


async def verify(database: Database) -> list[Invariant]:
    """Check every invariant on one snapshot of the store."""
    async with database.read(heavy=True) as connection:
        lines = (await connection.execute(select(SALES))).all()
        return [
            Invariant("no payment is counted twice", _counted_once(lines)),
            Invariant("what a payment gave back is at most what it took", _refunds_bounded(lines)),
            Invariant("days add up to their sales", await _days_add_up(connection, lines)),
        ]


def _counted_once(lines: Sequence[Row[Any]]) -> list[str]:
    captures = Counter(line.payment_id for line in lines if line.orders)
    return [f"{payment_id} was captured {count} times" for payment_id, count in captures.items() if count > 1]


def _refunds_bounded(lines: Sequence[Row[Any]]) -> list[str]:
    left: dict[str, int] = {}
    captured: set[str] = set()
    for line in lines:
        left[line.payment_id] = left.get(line.payment_id, 0) + line.captured - line.refunded
        if line.orders:
            captured.add(line.payment_id)
    # A refund may be handled before its capture; then nothing can be said yet.
    return [f"{payment_id} is at {left[payment_id]}" for payment_id in captured if left[payment_id] < 0]


async def _days_add_up(connection: Connection, lines: Sequence[Row[Any]]) -> list[str]:
    sums: dict[tuple[Any, ...], list[int]] = {}
    for line in lines:
        day = sums.setdefault((line.local_date, line.showtime_id, line.currency), [0, 0, 0, 0])
        for index, value in enumerate((line.orders, line.tickets, line.captured, line.refunded)):
            day[index] += value
    findings = []
    for row in await connection.execute(select(DAILY_SALES)):
        kept = [row.orders, row.tickets, row.captured, row.refunded]
        lines_say = sums.pop((row.local_date, row.showtime_id, row.currency), None)
        if kept != lines_say:
            findings.append(f"{row.local_date} of {row.showtime_id} is {kept}, its sales {lines_say}")
    return findings + [f"{day} of {showtime} is missing" for day, showtime, _ in sums]
