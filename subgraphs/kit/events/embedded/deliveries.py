"""The tables of the embedded broker and every statement on them. Must never hold state in memory."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    Column,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from subgraphs.kit.database import AutoIncrement, Connection, Transaction, UtcDateTime, insert_into
from subgraphs.kit.events.broker import DeadLetter
from subgraphs.kit.events.envelope import Event

BROKER_TABLES = MetaData()

_BINDINGS = Table(
    "bindings",
    BROKER_TABLES,
    Column("type", String(100), primary_key=True),
    Column("queue", String(64), primary_key=True),
)
_DELIVERIES = Table(
    "deliveries",
    BROKER_TABLES,
    Column("sequence", AutoIncrement, primary_key=True, autoincrement=True),
    Column("queue", String(64), nullable=False),
    Column("event_id", String(64), nullable=False),
    Column("event", Text, nullable=False),
    Column("status", String(8), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", UtcDateTime),
    Column("error", Text),
    Column("changed_at", UtcDateTime, nullable=False),
    UniqueConstraint("queue", "event_id"),
    sqlite_autoincrement=True,
)
Index("deliveries_due", _DELIVERIES.c.queue, _DELIVERIES.c.status, _DELIVERIES.c.sequence)

_DUE = (
    select(_DELIVERIES.c.sequence, _DELIVERIES.c.event, _DELIVERIES.c.attempts, _DELIVERIES.c.next_attempt_at)
    .where(
        _DELIVERIES.c.queue == bindparam("of_queue"),
        _DELIVERIES.c.status == "ready",
        _DELIVERIES.c.sequence > bindparam("after"),
    )
    .order_by(_DELIVERIES.c.sequence)
    .limit(bindparam("at_most"))
)
_WANTED = select(_BINDINGS.c.type, _BINDINGS.c.queue).where(
    _BINDINGS.c.type.in_(bindparam("types", expanding=True))
)
_ENQUEUE = insert_into(_DELIVERIES, "sqlite").on_conflict_do_nothing()
_FORGET = delete(_DELIVERIES).where(_DELIVERIES.c.sequence.in_(bindparam("done", expanding=True)))


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event on its way to one queue."""

    sequence: int
    event: Event
    attempts: int
    next_attempt_at: datetime | None


async def bind(tx: Transaction, queue: str, types: Collection[str]) -> None:
    """Let `queue` have `types`, and no others; an unwanted type leaves nothing behind."""
    await tx.execute(delete(_BINDINGS).where(_BINDINGS.c.queue == queue, _BINDINGS.c.type.not_in(types)))
    rows = [{"type": each, "queue": queue} for each in sorted(types)]
    await tx.execute(tx.insert(_BINDINGS).on_conflict_do_nothing(), rows)


async def enqueue(tx: Transaction, events: Sequence[Event], now: datetime) -> set[str]:
    """Write a delivery for each queue that wants each event; answer the queues."""
    wanted: dict[str, list[str]] = {}
    types = {event.type for event in events}
    for row in await tx.execute(_WANTED, {"types": sorted(types)}):
        wanted.setdefault(row.type, []).append(row.queue)
    rows = [
        {
            "queue": queue,
            "event_id": event.id,
            "event": text,
            "status": "ready",
            "attempts": 0,
            "changed_at": now,
        }
        for event in events
        if event.type in wanted
        for text in (event.to_json(),)
        for queue in wanted[event.type]
    ]
    if rows:
        await tx.execute(_ENQUEUE, rows)
    return {queue for queues in wanted.values() for queue in queues}


async def due(connection: Connection, queue: str, after: int, limit: int) -> list[Delivery]:
    """The oldest deliveries of `queue` that are not dead, later in sequence than `after`."""
    rows = await connection.execute(_DUE, {"of_queue": queue, "after": after, "at_most": limit})
    return [
        Delivery(row.sequence, Event.from_json(row.event), row.attempts, row.next_attempt_at) for row in rows
    ]


async def count_ready(connection: Connection) -> int:
    """How many deliveries are neither done nor dead."""
    statement = select(func.count()).select_from(_DELIVERIES).where(_DELIVERIES.c.status == "ready")
    return int(await connection.scalar(statement))


async def forget(tx: Transaction, sequences: Collection[int]) -> None:
    """Delete deliveries that are done."""
    await tx.execute(_FORGET, {"done": sequences})


async def note_failure(
    tx: Transaction, sequence: int, attempts: int, error: str, next_attempt_at: datetime | None, now: datetime
) -> None:
    """Record a failed attempt; without a next one the delivery is dead."""
    await tx.execute(
        update(_DELIVERIES)
        .where(_DELIVERIES.c.sequence == sequence)
        .values(
            attempts=attempts,
            error=error,
            next_attempt_at=next_attempt_at,
            changed_at=now,
            status="dead" if next_attempt_at is None else "ready",
        )
    )


async def dead(connection: Connection, queue: str | None, limit: int) -> list[DeadLetter]:
    """The oldest dead letters."""
    statement = select(_DELIVERIES).where(_DELIVERIES.c.status == "dead")
    if queue is not None:
        statement = statement.where(_DELIVERIES.c.queue == queue)
    rows = await connection.execute(statement.order_by(_DELIVERIES.c.sequence).limit(limit))
    return [
        DeadLetter(row.queue, Event.from_json(row.event), row.attempts, row.error or "", row.changed_at)
        for row in rows
    ]


async def revive(tx: Transaction, queue: str, event_ids: Collection[str] | None, now: datetime) -> int:
    """Move dead letters to the end of their queue; answer how many."""
    wanted = [_DELIVERIES.c.queue == queue, _DELIVERIES.c.status == "dead"]
    if event_ids is not None:
        wanted.append(_DELIVERIES.c.event_id.in_(event_ids))
    statement = select(_DELIVERIES.c.event_id, _DELIVERIES.c.event).where(*wanted)
    rows = (await tx.execute(statement.order_by(_DELIVERIES.c.sequence))).all()
    if rows:
        await tx.execute(delete(_DELIVERIES).where(*wanted))
        fresh = {"queue": queue, "status": "ready", "attempts": 0, "changed_at": now}
        await tx.execute(
            insert(_DELIVERIES), [{**fresh, "event_id": row.event_id, "event": row.event} for row in rows]
        )
    return len(rows)
