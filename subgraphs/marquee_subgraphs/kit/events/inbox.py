"""`Inbox`: which events a consumer has taken, recorded in the transaction of their effect.

Must never be its own commit.
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
    """The events that one consumer has taken."""

    def __init__(self, consumer: str, clock: Clock | None = None) -> None:
        self._consumer = consumer
        self._clock = clock or SystemClock()

    async def record(self, tx: UnitOfWork, event: Envelope) -> bool:
        """Record `event`; false when it was taken before, and then nothing must be done."""
        transaction = sql_transaction(tx)
        row = {"consumer": self._consumer, "event_id": event.id, "received_at": self._clock.now()}
        rows = await transaction.execute(_RECORD[transaction.dialect], row)
        return rows.rowcount == 1

    async def advance(self, tx: UnitOfWork, event: Envelope) -> bool:
        """Tell whether `event` is newer than all seen of its aggregate, and remember it if so.

        For handlers that keep the latest state: an older event that comes late, or by replay, must not
        overwrite it.
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
        """Forget at most 1000 events taken before `before`, which must be older than any replay; answer
        how many.
        """
        mine = (INBOX.c.consumer == self._consumer, INBOX.c.received_at < before)
        oldest = select(INBOX.c.event_id).where(*mine).order_by(INBOX.c.received_at).limit(_PRUNED_AT_ONCE)
        statement = delete(INBOX).where(*mine, INBOX.c.event_id.in_(oldest))
        return (await sql_transaction(tx).execute(statement)).rowcount
