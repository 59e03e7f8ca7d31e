"""The audit log: who did what to whom, and why, in the transaction of the deed.

Must never be changed or deleted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import insert, select

from marquee_subgraphs.kit.clock import Clock, SystemClock
from marquee_subgraphs.kit.database import Connection, UnitOfWork, sql_transaction
from marquee_subgraphs.kit.database.kit_tables import AUDIT_LOG


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One deed. `before` and `after` are JSON; `actor_id` is None for the system itself."""

    sequence: int
    at: datetime
    actor_id: str | None
    actor_role: str
    action: str
    target: str
    reason: str
    before: Any
    after: Any


class AuditLog:
    """The audit log of one subgraph."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()

    async def record(
        self,
        tx: UnitOfWork,
        *,
        actor_id: str | None,
        actor_role: str,
        action: str,
        target: str,
        reason: str,
        before: Any = None,
        after: Any = None,
    ) -> None:
        """Append a deed, as `action="refundPayment"`, `target="pay_1"`; `reason` must say something."""
        if not reason.strip():
            raise ValueError(f"{action} on {target} needs a reason")
        await sql_transaction(tx).execute(
            insert(AUDIT_LOG).values(
                at=self._clock.now(),
                actor_id=actor_id,
                actor_role=actor_role,
                action=action,
                target=target,
                reason=reason,
                before=orjson.loads(orjson.dumps(before)),
                after=orjson.loads(orjson.dumps(after)),
            )
        )

    async def entries(
        self, connection: Connection, *, target: str | None = None, after: int = 0, limit: int = 100
    ) -> list[AuditEntry]:
        """The deeds in order, later in sequence than `after`, on one `target` or on all."""
        columns = AUDIT_LOG.c
        statement = select(
            columns.sequence,
            columns.at,
            columns.actor_id,
            columns.actor_role,
            columns.action,
            columns.target,
            columns.reason,
            columns.before,
            columns.after,
        ).where(columns.sequence > after)
        if target is not None:
            statement = statement.where(columns.target == target)
        rows = await connection.execute(statement.order_by(columns.sequence).limit(limit))
        return [AuditEntry(**row._mapping) for row in rows]
