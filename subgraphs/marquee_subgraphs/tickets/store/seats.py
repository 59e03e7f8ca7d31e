"""Statements on seats. The claim is the heart: one guarded upsert per seat, all in one statement.

Every change of seats takes the showtime's row first (`advance_version`), so that on PostgreSQL changes of
one showtime come one after another and never deadlock.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Insert,
    and_,
    bindparam,
    delete,
    insert,
    literal_column,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from marquee_subgraphs.kit.database import Connection, Transaction
from marquee_subgraphs.tickets.domain.seat_states import SeatState, SeatStatus
from marquee_subgraphs.tickets.tables import SEAT_CHANGES, SEATS

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

CHANGES_KEPT = 1_000
"""How many versions of a showtime's seats can be recovered from; who missed more gets all seats."""
_PRUNE_EVERY = 100


@cache
def _claim(dialect: str) -> Insert:
    """Claim seats that are available, by the clock, at `changed_at`; answers the labels it got.

    Nothing but the row's own values is bound, so that many seats go in one statement.
    """
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


async def claim_seats(
    tx: Transaction,
    *,
    showtime_id: str,
    labels: Sequence[str],
    hold_id: str,
    user_id: str | None,
    held_until: datetime,
    now: datetime,
) -> set[str]:
    """Hold the seats that can be had; the caller rolls back unless it got all. `labels` in layout order."""
    rows = await tx.execute(
        _claim(tx.dialect),
        [
            {
                "showtime_id": showtime_id,
                "label": label,
                "status": SeatStatus.HELD,
                "hold_id": hold_id,
                "held_until": held_until,
                "user_id": user_id,
                "changed_at": now,
            }
            for label in labels
        ],
    )
    return set(rows.scalars())


async def block_seats(tx: Transaction, *, showtime_id: str, labels: Sequence[str], now: datetime) -> set[str]:
    """Take seats out of sale that are available; answers the labels it got."""
    rows = await tx.execute(
        _claim(tx.dialect),
        [
            {
                "showtime_id": showtime_id,
                "label": label,
                "status": SeatStatus.BLOCKED,
                "hold_id": None,
                "held_until": None,
                "user_id": None,
                "changed_at": now,
            }
            for label in labels
        ],
    )
    return set(rows.scalars())


async def unblock_seats(
    tx: Transaction, *, showtime_id: str, labels: Sequence[str], now: datetime
) -> set[str]:
    """Put blocked seats back on sale; answers the labels that were blocked."""
    return await _free(
        tx,
        SEATS.c.showtime_id == showtime_id,
        SEATS.c.label.in_(labels),
        SEATS.c.status == "BLOCKED",
        now=now,
    )


async def free_held(
    tx: Transaction,
    *,
    showtime_id: str,
    hold_ids: Sequence[str],
    now: datetime,
    labels: Sequence[str] | None = None,
) -> set[str]:
    """Free what these holds still hold (or only `labels` of it); seats taken over since stay taken."""
    conditions = [SEATS.c.showtime_id == showtime_id, SEATS.c.hold_id.in_(hold_ids), SEATS.c.status == "HELD"]
    if labels is not None:
        conditions.append(SEATS.c.label.in_(labels))
    return await _free(tx, *conditions, now=now)


async def free_sold(
    tx: Transaction, *, showtime_id: str, order_id: str, labels: Sequence[str], now: datetime
) -> set[str]:
    """Free seats that this order bought (given back, or never paid)."""
    return await _free(
        tx,
        SEATS.c.showtime_id == showtime_id,
        SEATS.c.order_id == order_id,
        SEATS.c.label.in_(labels),
        SEATS.c.status.in_(["SOLD", "CHECKED_IN"]),
        now=now,
    )


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


async def keep_seats(tx: Transaction, *, showtime_id: str, hold_id: str, held_until: datetime) -> int:
    """Hold the hold's seats for longer; answers how many it still has."""
    rows = await tx.execute(
        update(SEATS)
        .where(SEATS.c.showtime_id == showtime_id, SEATS.c.hold_id == hold_id, SEATS.c.status == "HELD")
        .values(held_until=held_until)
    )
    return rows.rowcount


async def sell_seats(
    tx: Transaction,
    *,
    showtime_id: str,
    hold_id: str,
    order_id: str,
    user_id: str | None,
    labels: Sequence[str],
    now: datetime,
) -> set[str]:
    """Sell the seats that the hold still holds; the caller rolls back unless it got all."""
    rows = await tx.execute(
        update(SEATS)
        .where(
            SEATS.c.showtime_id == showtime_id,
            SEATS.c.label.in_(labels),
            SEATS.c.hold_id == hold_id,
            SEATS.c.status == "HELD",
        )
        .values(status="SOLD", held_until=None, order_id=order_id, user_id=user_id, changed_at=now)
        .returning(SEATS.c.label)
    )
    return set(rows.scalars())


async def mark_checked_in(
    tx: Transaction, *, showtime_id: str, label: str, order_id: str, checked_in: bool, now: datetime
) -> None:
    """Show that somebody sits there, or no longer."""
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


_NEAR = select(*_STATE).where(
    SEATS.c.showtime_id == bindparam("showtime_id"),
    or_(
        SEATS.c.label.in_(bindparam("labels", expanding=True)),
        SEATS.c.hold_id == bindparam("hold_id"),
        SEATS.c.user_id == bindparam("user_id"),
    ),
)


async def read_states_near(
    connection: Connection,
    *,
    showtime_id: str,
    labels: Sequence[str],
    hold_id: str | None,
    user_id: str | None,
) -> dict[str, SeatState]:
    """Return the states of these seats, and of all that this hold and this user have at the showtime."""
    given = {"showtime_id": showtime_id, "labels": labels, "hold_id": hold_id, "user_id": user_id}
    return {row[0]: _state(row) for row in await connection.execute(_NEAR, given)}


_HELD_LABELS = select(SEATS.c.label).where(
    SEATS.c.showtime_id == bindparam("showtime_id"),
    SEATS.c.hold_id == bindparam("hold_id"),
    SEATS.c.status == _HELD,
)


async def read_held_labels(connection: Connection, *, showtime_id: str, hold_id: str) -> list[str]:
    """Return the labels of the seats that a hold still holds."""
    return await connection.scalars(_HELD_LABELS, {"showtime_id": showtime_id, "hold_id": hold_id})


_ALL = select(*_STATE).where(SEATS.c.showtime_id == bindparam("showtime_id"))


async def read_states(connection: Connection, showtime_id: str) -> dict[str, SeatState]:
    """Return the states of a showtime's seats that have a row, by label."""
    rows = await connection.execute(_ALL, {"showtime_id": showtime_id})
    return {row[0]: _state(row) for row in rows}


async def read_states_of_many(
    connection: Connection, showtime_ids: Sequence[str]
) -> dict[str, dict[str, SeatState]]:
    """Return the states of several showtimes' seats, by showtime and label."""
    rows = await connection.execute(
        select(*_STATE, SEATS.c.showtime_id).where(SEATS.c.showtime_id.in_(showtime_ids))
    )
    found: dict[str, dict[str, SeatState]] = {showtime_id: {} for showtime_id in showtime_ids}
    for row in rows:
        found[row.showtime_id][row.label] = _state(row)
    return found


async def read_states_of_seats(
    connection: Connection, seats: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], SeatState]:
    """Return the states of single seats, by showtime and label."""
    rows = await connection.execute(
        select(*_STATE, SEATS.c.showtime_id).where(
            tuple_(SEATS.c.showtime_id, SEATS.c.label).in_(sorted(seats))
        )
    )
    return {(row.showtime_id, row.label): _state(row) for row in rows}


_STATUSES = {status.value: status for status in SeatStatus}


def _state(row: Any) -> SeatState:
    return SeatState(row[0], _STATUSES[row[1]], row[2], row[3], row[4], row[5])


_LOG = insert(SEAT_CHANGES)


async def log_change(tx: Transaction, *, showtime_id: str, version: int, labels: Sequence[str]) -> None:
    """Remember which seats a version changed; forget what is too old, now and then."""
    await tx.execute(_LOG, {"showtime_id": showtime_id, "version": version, "labels": list(labels)})
    if version % _PRUNE_EVERY == 0:
        await tx.execute(
            delete(SEAT_CHANGES).where(
                SEAT_CHANGES.c.showtime_id == showtime_id, SEAT_CHANGES.c.version <= version - CHANGES_KEPT
            )
        )


async def read_changes(
    connection: Connection, *, showtime_id: str, after_version: int, version: int
) -> set[str] | None:
    """Return which seats changed after a version, up to `version`; None when too much was forgotten."""
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
