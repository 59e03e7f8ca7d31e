"""The audit log: who changed what, and why, written in the transaction of the change.

An entry must never be changed or deleted.
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
from marquee_subgraphs.kit.identity import Viewer


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One entry. `before` and `after` are JSON; `actor_id` is None for the system itself."""

    sequence: int
    at: datetime
    actor_id: str | None
    actor_role: str
    action: str
    target: str
    reason: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What somebody does, to be audited: `action="refundPayment"`, `target="pay_1"`."""

    actor_id: str | None
    """None for the system itself."""
    actor_role: str
    action: str
    target: str
    reason: str
    before: Any = None
    """JSON, like `after`: what the deed changes."""
    after: Any = None

    @classmethod
    def of_staff(
        cls, viewer: Viewer, action: str, target: str, reason: str, *, before: Any = None, after: Any = None
    ) -> Deed:
        """Return the deed of a member of staff, or of an administrator."""
        role = "admin" if viewer.is_admin else "staff"
        return cls(
            actor_id=viewer.user_id,
            actor_role=role,
            action=action,
            target=target,
            reason=reason,
            before=before,
            after=after,
        )


class AuditLog:
    """The audit log of one subgraph."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()

    async def append(self, tx: UnitOfWork, deed: Deed) -> None:
        """Append `deed` in the transaction that does it. Raises `ValueError` when the reason is blank."""
        # Without a reason an entry cannot be judged later, and then it is too late to ask.
        if not deed.reason.strip():
            raise ValueError(f"{deed.action} on {deed.target} needs a reason")
        await sql_transaction(tx).execute(
            insert(AUDIT_LOG).values(
                at=self._clock.now(),
                actor_id=deed.actor_id,
                actor_role=deed.actor_role,
                action=deed.action,
                target=deed.target,
                reason=deed.reason,
                before=orjson.loads(orjson.dumps(deed.before)),
                after=orjson.loads(orjson.dumps(deed.after)),
            )
        )

    async def entries(
        self, connection: Connection, *, target: str | None = None, after: int = 0, limit: int = 100
    ) -> list[AuditEntry]:
        """Return the entries in order after the sequence number `after`, on one `target` or on all."""
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
