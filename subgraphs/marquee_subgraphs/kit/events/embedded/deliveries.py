"""The tables of the embedded broker and every statement on them. Must never hold state in memory."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    update,
)

from marquee_subgraphs.kit.database import AutoIncrement, Connection, Transaction, UtcDateTime
from marquee_subgraphs.kit.events.broker import DeadLetter
from marquee_subgraphs.kit.events.envelope import Envelope

BROKER_TABLES = MetaData()
_PRUNED_AT_ONCE = 1000

_BINDINGS = Table(
    "bindings",
    BROKER_TABLES,
    Column("type", String(100), primary_key=True),
    Column("queue", String(64), primary_key=True),
)
_PUBLISHED = Table(
    "published",
    BROKER_TABLES,
    Column("sequence", AutoIncrement, primary_key=True, autoincrement=True),
    Column("event_id", String(64), nullable=False, unique=True),
    Column("type", String(100), nullable=False),
    Column("event", Text, nullable=False),
    Column("published_at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,
)
_DELIVERIES = Table(
    "deliveries",
    BROKER_TABLES,
    Column("sequence", AutoIncrement, primary_key=True, autoincrement=True),
    Column("queue", String(64), nullable=False),
    Column("event_id", String(64), ForeignKey("published.event_id"), nullable=False, index=True),
    Column("status", String(8), nullable=False, server_default="ready"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_attempt_at", UtcDateTime),
    Column("error", Text),
    Column("changed_at", UtcDateTime, nullable=False),
    sqlite_autoincrement=True,
)
Index("deliveries_due", _DELIVERIES.c.queue, _DELIVERIES.c.status, _DELIVERIES.c.sequence)

_WITH_EVENT = _DELIVERIES.join(_PUBLISHED, _PUBLISHED.c.event_id == _DELIVERIES.c.event_id)
_KNOWN = select(_PUBLISHED.c.event_id).where(_PUBLISHED.c.event_id.in_(bindparam("ids", expanding=True)))
_WANTED = select(_BINDINGS.c.type, _BINDINGS.c.queue).where(
    _BINDINGS.c.type.in_(bindparam("types", expanding=True))
)
_PUBLISH = insert(_PUBLISHED)
_ENQUEUE = insert(_DELIVERIES)
_DUE = (
    select(_DELIVERIES.c.sequence, _PUBLISHED.c.event, _DELIVERIES.c.attempts, _DELIVERIES.c.next_attempt_at)
    .select_from(_WITH_EVENT)
    .where(
        _DELIVERIES.c.queue == bindparam("of_queue"),
        _DELIVERIES.c.status == "ready",
        _DELIVERIES.c.sequence > bindparam("after"),
    )
    .order_by(_DELIVERIES.c.sequence)
    .limit(bindparam("at_most"))
)
_FORGET = delete(_DELIVERIES).where(_DELIVERIES.c.sequence.in_(bindparam("done", expanding=True)))


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event on its way to one queue."""

    sequence: int
    event: Envelope
    attempts: int
    next_attempt_at: datetime | None


async def bind(tx: Transaction, queue: str, types: Collection[str], now: datetime) -> None:
    """Bind `queue` to exactly `types`; a type that is new to it also brings its events that are still kept.

    Example: a release in which analytics begins to consume `review.created` still counts today's reviews.
    """
    before = set(await tx.scalars(select(_BINDINGS.c.type).where(_BINDINGS.c.queue == queue)))
    await tx.execute(delete(_BINDINGS).where(_BINDINGS.c.queue == queue, _BINDINGS.c.type.not_in(types)))
    added = sorted(set(types) - before)
    if not added:
        return
    await tx.execute(insert(_BINDINGS), [{"type": each, "queue": queue} for each in added])
    kept = select(literal(queue), _PUBLISHED.c.event_id, literal(now, UtcDateTime))
    kept = kept.where(_PUBLISHED.c.type.in_(added)).order_by(_PUBLISHED.c.sequence)
    await tx.execute(insert(_DELIVERIES).from_select(["queue", "event_id", "changed_at"], kept))


async def enqueue(tx: Transaction, events: Sequence[Envelope], now: datetime) -> set[str]:
    """Write each event that is new, with a delivery for each queue bound to it; return those queues."""
    unique = {event.id: event for event in events}
    known = set(await tx.scalars(_KNOWN, {"ids": list(unique)}))
    fresh = [event for event in unique.values() if event.id not in known]
    if not fresh:
        return set()
    wanted: dict[str, list[str]] = {}
    for row in await tx.execute(_WANTED, {"types": sorted({event.type for event in fresh})}):
        wanted.setdefault(row.type, []).append(row.queue)
    await tx.execute(
        _PUBLISH,
        [
            {"event_id": event.id, "type": event.type, "event": event.to_json(), "published_at": now}
            for event in fresh
        ],
    )
    deliveries = [
        {"queue": queue, "event_id": event.id, "changed_at": now}
        for event in fresh
        for queue in wanted.get(event.type, ())
    ]
    if deliveries:
        await tx.execute(_ENQUEUE, deliveries)
    return {queue for queues in wanted.values() for queue in queues}


async def due(connection: Connection, queue: str, after: int, limit: int) -> list[Delivery]:
    """Return the oldest deliveries of `queue` that are not dead, later in sequence than `after`."""
    rows = await connection.execute(_DUE, {"of_queue": queue, "after": after, "at_most": limit})
    return [
        Delivery(row.sequence, Envelope.from_json(row.event), row.attempts, row.next_attempt_at)
        for row in rows
    ]


async def count_ready(connection: Connection) -> int:
    """Return how many deliveries are neither done nor dead."""
    statement = select(func.count()).select_from(_DELIVERIES).where(_DELIVERIES.c.status == "ready")
    return int(await connection.scalar(statement))


async def forget(tx: Transaction, sequences: Collection[int]) -> None:
    """Delete deliveries that are done."""
    await tx.execute(_FORGET, {"done": sequences})


async def note_failure(
    tx: Transaction, sequence: int, attempts: int, error: str, next_attempt_at: datetime | None, now: datetime
) -> None:
    """Record a failed attempt; without a next attempt the delivery is dead."""
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
    """Return the oldest dead letters."""
    columns = _DELIVERIES.c
    statement = (
        select(columns.queue, _PUBLISHED.c.event, columns.attempts, columns.error, columns.changed_at)
        .select_from(_WITH_EVENT)
        .where(columns.status == "dead")
        .order_by(columns.sequence)
        .limit(limit)
    )
    if queue is not None:
        statement = statement.where(columns.queue == queue)
    letters: list[DeadLetter] = []
    for row in await connection.execute(statement):
        event = Envelope.from_json(row.event)
        letters.append(
            DeadLetter(row.queue, event.id, event.type, event, row.attempts, row.error or "", row.changed_at)
        )
    return letters


async def knows(connection: Connection, queue: str) -> bool:
    """Return True if `queue` is bound to a type or has deliveries."""
    bound = exists().where(_BINDINGS.c.queue == queue)
    holding = exists().where(_DELIVERIES.c.queue == queue)
    return bool(await connection.scalar(select(bound | holding)))


async def revive(tx: Transaction, queue: str, event_ids: Collection[str] | None, now: datetime) -> int:
    """Move dead letters to the end of their queue; return how many."""
    wanted = [_DELIVERIES.c.queue == queue, _DELIVERIES.c.status == "dead"]
    if event_ids is not None:
        wanted.append(_DELIVERIES.c.event_id.in_(event_ids))
    statement = select(_DELIVERIES.c.event_id).where(*wanted).order_by(_DELIVERIES.c.sequence)
    revived = await tx.scalars(statement)
    if revived:
        await tx.execute(delete(_DELIVERIES).where(*wanted))
        await tx.execute(
            _ENQUEUE, [{"queue": queue, "event_id": event_id, "changed_at": now} for event_id in revived]
        )
    return len(revived)


async def prune(tx: Transaction, before: datetime) -> None:
    """Delete events published before `before` that are done in every queue, some at a time."""
    oldest = select(_PUBLISHED.c.sequence).order_by(_PUBLISHED.c.sequence).limit(_PRUNED_AT_ONCE)
    open_delivery = exists().where(_DELIVERIES.c.event_id == _PUBLISHED.c.event_id)
    await tx.execute(
        delete(_PUBLISHED).where(
            _PUBLISHED.c.sequence.in_(oldest), _PUBLISHED.c.published_at < before, ~open_delivery
        )
    )
