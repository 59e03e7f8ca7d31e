"""`Inbox`: which events a consumer has handled, recorded in the transaction of their effect.

A record must never commit without the effect, nor the effect without the record.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select

from marquee_subgraphs.kit.clock import Clock, SystemClock
from marquee_subgraphs.kit.database import DIALECTS, UnitOfWork, insert_into, sql_transaction
from marquee_subgraphs.kit.database.kit_tables import INBOX, INBOX_AGGREGATES
from marquee_subgraphs.kit.events.envelope import Envelope

_PRUNED_AT_ONCE = 1000
_RECORD = {dialect: insert_into(INBOX, dialect).on_conflict_do_nothing() for dialect in DIALECTS}


class Inbox:
    """The events that one consumer has handled."""

    def __init__(self, consumer: str, clock: Clock | None = None) -> None:
        self._consumer = consumer
        self._clock = clock or SystemClock()

    async def record(self, tx: UnitOfWork, event: Envelope) -> bool:
        """Record `event`; return False when it was handled before, and nothing must be done."""
        transaction = sql_transaction(tx)
        row = {"consumer": self._consumer, "event_id": event.id, "received_at": self._clock.now()}
        rows = await transaction.execute(_RECORD[transaction.dialect], row)
        return rows.rowcount == 1

    async def advance(self, tx: UnitOfWork, event: Envelope) -> bool:
        """Return True and remember the event if it is newer than every event seen of its aggregate.

        Handlers that keep the latest state ask this first. Example: `showtime.rescheduled` (version 3) was
        handled; when a replay brings `showtime.scheduled` (version 1) again, its start must not come back.
        """
        transaction = sql_transaction(tx)
        statement = transaction.insert(INBOX_AGGREGATES).values(
            consumer=self._consumer,
            producer=event.producer,
            aggregate_id=event.aggregate_id,
            version=event.aggregate_version,
        )
        rows = await transaction.execute(
            statement.on_conflict_do_update(
                index_elements=["consumer", "producer", "aggregate_id"],
                set_={"version": statement.excluded.version},
                where=INBOX_AGGREGATES.c.version < statement.excluded.version,
            )
        )
        return rows.rowcount == 1

    async def prune(self, tx: UnitOfWork, before: datetime) -> int:
        """Forget at most 1000 events handled before `before`; return how many.

        `before` must be older than any replay: an event that is forgotten would be handled again.
        """
        # Some at a time: on SQLite a long delete would keep every other writer waiting.
        mine = (INBOX.c.consumer == self._consumer, INBOX.c.received_at < before)
        oldest = select(INBOX.c.event_id).where(*mine).order_by(INBOX.c.received_at).limit(_PRUNED_AT_ONCE)
        statement = delete(INBOX).where(*mine, INBOX.c.event_id.in_(oldest))
        return (await sql_transaction(tx).execute(statement)).rowcount
