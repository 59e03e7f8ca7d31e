"""The rows of seats: one per showtime and seat, ever. A seat without a row is available.

Every transaction that changes seats first takes the showtime's row (`ShowtimeStore.advance`), so that on
PostgreSQL the changes of one showtime come one after another and never deadlock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Insert,
    and_,
    bindparam,
    literal_column,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from marquee_subgraphs.kit.database import Connection, Transaction
from marquee_subgraphs.tickets.domain.holds import Hold
from marquee_subgraphs.tickets.domain.orders import Order
from marquee_subgraphs.tickets.domain.seat_states import SeatState, SeatStatus
from marquee_subgraphs.tickets.tables import SEATS

_STATE = (
    SEATS.c.label,
    SEATS.c.status,
    SEATS.c.hold_id,
    SEATS.c.held_until,
    SEATS.c.user_id,
    SEATS.c.order_id,
)
_AVAILABLE: ColumnElement[str] = literal_column("'AVAILABLE'")
_HELD: ColumnElement[str] = literal_column("'HELD'")


@cache
def _claim(dialect: str) -> Insert:
    """Return the guarded upsert that claims available seats and returns the labels that it got.

    It is the reason why no seat is sold twice: the seat's primary key (showtime, label) is unconditional, so
    the first claim inserts the row and every later one meets it. The guard then decides inside the database:

        no row yet                       inserted: claimed
        AVAILABLE                        updated: claimed
        HELD until 20:05, and it's 20:06 updated: an expired hold is taken over, swept or not
        HELD until 20:05, and it's 20:04 the guard is false: no row written, no label returned
        SOLD, CHECKED_IN, BLOCKED        the guard is false

    The caller compares the labels returned with those asked for, and rolls back unless it got all.
    """
    # `changed_at` of the new row is "now", so nothing but the row's own values is bound, and the rows of many
    # seats go in one statement.
    statement: Any = (postgresql if dialect == "postgresql" else sqlite).insert(SEATS)
    new = statement.excluded
    claimed: Insert = statement.on_conflict_do_update(
        index_elements=[SEATS.c.showtime_id, SEATS.c.label],
        set_={
            "status": new.status,
            "hold_id": new.hold_id,
            "held_until": new.held_until,
            "user_id": new.user_id,
            "order_id": None,
            "changed_at": new.changed_at,
        },
        where=or_(
            SEATS.c.status == _AVAILABLE,
            and_(SEATS.c.status == _HELD, SEATS.c.held_until <= new.changed_at),
        ),
    ).returning(SEATS.c.label)
    return claimed


async def _claim_all(
    tx: Transaction, showtime_id: str, labels: Sequence[str], now: datetime, state: Mapping[str, object]
) -> set[str]:
    rows = [{"showtime_id": showtime_id, "label": label, "changed_at": now, **state} for label in labels]
    return set((await tx.execute(_claim(tx.dialect), rows)).scalars())


async def _free(tx: Transaction, *conditions: Any, now: datetime) -> set[str]:
    rows = await tx.execute(
        update(SEATS)
        .where(*conditions)
        .values(
            status="AVAILABLE", hold_id=None, held_until=None, user_id=None, order_id=None, changed_at=now
        )
        .returning(SEATS.c.label)
    )
    return set(rows.scalars())


_NEAR = select(*_STATE).where(
    SEATS.c.showtime_id == bindparam("showtime_id"),
    or_(
        SEATS.c.label.in_(bindparam("labels", expanding=True)),
        SEATS.c.hold_id == bindparam("hold_id"),
        SEATS.c.user_id == bindparam("user_id"),
    ),
)


_HELD_LABELS = select(SEATS.c.label).where(
    SEATS.c.showtime_id == bindparam("showtime_id"),
    SEATS.c.hold_id == bindparam("hold_id"),
    SEATS.c.status == _HELD,
)


_ALL = select(*_STATE).where(SEATS.c.showtime_id == bindparam("showtime_id"))


_STATUSES = {status.value: status for status in SeatStatus}


def _state(row: Any) -> SeatState:
    return SeatState(row[0], _STATUSES[row[1]], row[2], row[3], row[4], row[5])


class SeatStore:
    """Reads and writes of seats."""

    async def claim(self, tx: Transaction, hold: Hold, labels: Sequence[str], now: datetime) -> set[str]:
        """Claim seats for a hold; return the labels it got. The caller rolls back unless it got all.

        `labels` are in layout order, the same for everybody, so that two claims cannot deadlock.
        """
        state = {
            "status": SeatStatus.HELD,
            "hold_id": hold.id,
            "held_until": hold.expires_at,
            "user_id": hold.user_id,
        }
        return await _claim_all(tx, hold.showtime_id, labels, now, state)

    async def block(
        self, tx: Transaction, *, showtime_id: str, labels: Sequence[str], now: datetime
    ) -> set[str]:
        """Take available seats out of sale; return the labels it got."""
        state = {"status": SeatStatus.BLOCKED, "hold_id": None, "held_until": None, "user_id": None}
        return await _claim_all(tx, showtime_id, labels, now, state)

    async def unblock(
        self, tx: Transaction, *, showtime_id: str, labels: Sequence[str], now: datetime
    ) -> set[str]:
        """Put blocked seats back on sale; return the labels that were blocked."""
        return await _free(
            tx,
            SEATS.c.showtime_id == showtime_id,
            SEATS.c.label.in_(labels),
            SEATS.c.status == "BLOCKED",
            now=now,
        )

    async def free_held(
        self,
        tx: Transaction,
        *,
        showtime_id: str,
        hold_ids: Sequence[str],
        now: datetime,
        labels: Sequence[str] | None = None,
    ) -> set[str]:
        """Free the seats that these holds still hold, or only `labels` of them; return the labels freed.

        A seat that another hold took over is not among them.
        """
        conditions = [
            SEATS.c.showtime_id == showtime_id,
            SEATS.c.hold_id.in_(hold_ids),
            SEATS.c.status == "HELD",
        ]
        if labels is not None:
            conditions.append(SEATS.c.label.in_(labels))
        return await _free(tx, *conditions, now=now)

    async def free_sold(
        self, tx: Transaction, *, showtime_id: str, order_id: str, labels: Sequence[str], now: datetime
    ) -> set[str]:
        """Free seats that this order bought; return the labels freed."""
        return await _free(
            tx,
            SEATS.c.showtime_id == showtime_id,
            SEATS.c.order_id == order_id,
            SEATS.c.label.in_(labels),
            SEATS.c.status.in_(["SOLD", "CHECKED_IN"]),
            now=now,
        )

    async def keep(self, tx: Transaction, *, showtime_id: str, hold_id: str, held_until: datetime) -> int:
        """Hold the hold's seats until then; return how many it still has."""
        rows = await tx.execute(
            update(SEATS)
            .where(SEATS.c.showtime_id == showtime_id, SEATS.c.hold_id == hold_id, SEATS.c.status == "HELD")
            .values(held_until=held_until)
        )
        return rows.rowcount

    async def sell(self, tx: Transaction, order: Order, labels: Sequence[str], now: datetime) -> set[str]:
        """Sell the seats that the order's hold still holds; return the labels it got.

        The hold is in the guard: when it expired and another customer claimed A3, `hold_id` of A3 is another
        and the seat is not sold to this order.
        """
        rows = await tx.execute(
            update(SEATS)
            .where(
                SEATS.c.showtime_id == order.showtime_id,
                SEATS.c.label.in_(labels),
                SEATS.c.hold_id == order.hold_id,
                SEATS.c.status == "HELD",
            )
            .values(status="SOLD", held_until=None, order_id=order.id, user_id=order.user_id, changed_at=now)
            .returning(SEATS.c.label)
        )
        return set(rows.scalars())

    async def mark_checked_in(
        self, tx: Transaction, *, showtime_id: str, label: str, order_id: str, checked_in: bool, now: datetime
    ) -> None:
        """Mark a sold seat as taken by somebody who entered, or as sold again."""
        before, after = ("SOLD", "CHECKED_IN") if checked_in else ("CHECKED_IN", "SOLD")
        await tx.execute(
            update(SEATS)
            .where(
                SEATS.c.showtime_id == showtime_id,
                SEATS.c.label == label,
                SEATS.c.order_id == order_id,
                SEATS.c.status == before,
            )
            .values(status=after, changed_at=now)
        )

    async def states_near(
        self,
        connection: Connection,
        *,
        showtime_id: str,
        labels: Sequence[str],
        hold_id: str | None,
        user_id: str | None,
    ) -> dict[str, SeatState]:
        """Return the states of these seats, and of all seats of this hold and this user at the showtime."""
        given = {"showtime_id": showtime_id, "labels": labels, "hold_id": hold_id, "user_id": user_id}
        return {row[0]: _state(row) for row in await connection.execute(_NEAR, given)}

    async def held_labels(self, connection: Connection, *, showtime_id: str, hold_id: str) -> list[str]:
        """Return the labels of the seats that a hold still holds."""
        return await connection.scalars(_HELD_LABELS, {"showtime_id": showtime_id, "hold_id": hold_id})

    async def states(self, connection: Connection, showtime_id: str) -> dict[str, SeatState]:
        """Return the states of a showtime's seats that have a row, by label."""
        rows = await connection.execute(_ALL, {"showtime_id": showtime_id})
        return {row[0]: _state(row) for row in rows}

    async def states_of_many(
        self, connection: Connection, showtime_ids: Sequence[str]
    ) -> dict[str, dict[str, SeatState]]:
        """Return the states of several showtimes' seats, by showtime and label."""
        rows = await connection.execute(
            select(*_STATE, SEATS.c.showtime_id).where(SEATS.c.showtime_id.in_(showtime_ids))
        )
        found: dict[str, dict[str, SeatState]] = {showtime_id: {} for showtime_id in showtime_ids}
        for row in rows:
            found[row.showtime_id][row.label] = _state(row)
        return found

    async def states_of_seats(
        self, connection: Connection, seats: Iterable[tuple[str, str]]
    ) -> dict[tuple[str, str], SeatState]:
        """Return the states of single seats, by showtime and label."""
        rows = await connection.execute(
            select(*_STATE, SEATS.c.showtime_id).where(
                tuple_(SEATS.c.showtime_id, SEATS.c.label).in_(sorted(seats))
            )
        )
        return {(row.showtime_id, row.label): _state(row) for row in rows}
