"""`Outbox`: events, written in the transaction of the change that they report.

When the change commits its events exist, and when it rolls back they do not: no crash can separate them. Must
never publish; `Relay` does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import bindparam, delete, func, insert, select, update

from marquee_subgraphs.kit.clock import Clock, SystemClock
from marquee_subgraphs.kit.database import (
    DIALECTS,
    Connection,
    Transaction,
    UnitOfWork,
    insert_into,
    sql_transaction,
)
from marquee_subgraphs.kit.database.kit_tables import OUTBOX, OUTBOX_AGGREGATES
from marquee_subgraphs.kit.events.envelope import Envelope
from marquee_subgraphs.kit.events.observer import UNOBSERVED, EventObserver
from marquee_subgraphs.kit.events.records import PublishedEvent
from marquee_subgraphs.kit.ids import new_ulid
from marquee_subgraphs.kit.trace import current_trace

_PRUNED_AT_ONCE = 1000
_ADD = insert(OUTBOX)
_NEXT_VERSION = {
    dialect: insert_into(OUTBOX_AGGREGATES, dialect)
    .on_conflict_do_update(
        index_elements=[OUTBOX_AGGREGATES.c.aggregate_id], set_={"version": OUTBOX_AGGREGATES.c.version + 1}
    )
    .returning(OUTBOX_AGGREGATES.c.version)
    for dialect in DIALECTS
}
_UNPUBLISHED = (
    select(OUTBOX.c.sequence, OUTBOX.c.event)
    .where(OUTBOX.c.published_at.is_(None))
    .order_by(OUTBOX.c.sequence)
    .limit(bindparam("at_most"))
)
_MARK_PUBLISHED = (
    update(OUTBOX)
    .where(OUTBOX.c.sequence.in_(bindparam("confirmed", expanding=True)))
    .values(published_at=bindparam("at"))
)


class Outbox:
    """The events of one producer that wait for the relay."""

    def __init__(
        self, producer: str, clock: Clock | None = None, observer: EventObserver = UNOBSERVED
    ) -> None:
        self.producer = producer
        self._observer = observer
        self._clock = clock or SystemClock()
        self._wake: Callable[[], None] = _nobody

    def wakes(self, wake: Callable[[], None]) -> None:
        """Call `wake` after each commit that added events."""
        self._wake = wake

    async def add(
        self, tx: UnitOfWork, event: PublishedEvent, *, aggregate_id: str, cause: Envelope | None = None
    ) -> Envelope:
        """Add an event that leaves if, and only if, `tx` commits, and return its envelope.

        It gets the next version of its aggregate. `cause` is the event being handled; its correlation and
        trace go on.
        """
        transaction = sql_transaction(tx)
        now = self._clock.now()
        event_id = new_ulid(now)
        envelope = Envelope(
            id=event_id,
            type=event.TYPE,
            version=event.VERSION,
            occurred_at=now,
            producer=self.producer,
            aggregate_id=aggregate_id,
            aggregate_version=await _next_version(transaction, aggregate_id),
            correlation_id=event_id if cause is None else cause.correlation_id,
            causation_id=None if cause is None else cause.id,
            trace=current_trace.get() or (None if cause is None else cause.trace),
            payload=event.to_payload(),
        )
        row = {"event_id": event_id, "aggregate_id": aggregate_id, "event": envelope.to_json()}
        await transaction.execute(_ADD, row)
        transaction.after_commit(self._wake)
        transaction.after_commit(partial(self._observer.event_committed, envelope))
        return envelope

    async def prune(self, tx: UnitOfWork, before: datetime) -> int:
        """Delete events published before `before`, at most 1000 of the oldest; return how many."""
        oldest = select(OUTBOX.c.sequence).order_by(OUTBOX.c.sequence).limit(_PRUNED_AT_ONCE)
        statement = delete(OUTBOX).where(OUTBOX.c.sequence.in_(oldest), OUTBOX.c.published_at < before)
        return (await sql_transaction(tx).execute(statement)).rowcount


def _nobody() -> None:
    """No relay runs yet; it reads the outbox when it starts."""


async def _next_version(transaction: Transaction, aggregate_id: str) -> int:
    # The upsert locks the aggregate's row until the transaction ends. Two transactions that change order
    # ord_1 therefore take versions 4 and 5 in the order of their commits; with `SELECT max(version) + 1` both
    # would take 4.
    row = {"aggregate_id": aggregate_id, "version": 1}
    return int(await transaction.scalar(_NEXT_VERSION[transaction.dialect], row))


async def unpublished(connection: Connection, limit: int) -> list[tuple[int, Envelope]]:
    """Return the oldest events that the broker has not confirmed, each with its sequence number."""
    rows = await connection.execute(_UNPUBLISHED, {"at_most": limit})
    return [(row.sequence, Envelope.from_json(row.event)) for row in rows]


async def count_unpublished(connection: Connection) -> int:
    """Return how many events the broker has not confirmed."""
    statement = select(func.count()).select_from(OUTBOX).where(OUTBOX.c.published_at.is_(None))
    return int(await connection.scalar(statement))


async def oldest_unpublished(connection: Connection) -> datetime | None:
    """Return when the oldest event occurred that the broker has not confirmed; None when there is none."""
    oldest = await unpublished(connection, 1)
    return oldest[0][1].occurred_at if oldest else None


async def mark_published(transaction: Transaction, sequences: Sequence[int], now: datetime) -> None:
    """Record that the broker has confirmed these events."""
    await transaction.execute(_MARK_PUBLISHED, {"confirmed": sequences, "at": now})
