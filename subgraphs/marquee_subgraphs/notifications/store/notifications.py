"""The rows of notifications: what people read in the application."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, tuple_, update

from marquee_subgraphs.kit.database import Connection, Transaction
from marquee_subgraphs.kit.pagination import PageRequest
from marquee_subgraphs.notifications.domain.records import NotificationKind, NotificationRecord
from marquee_subgraphs.notifications.tables import NOTIFICATIONS


class NotificationStore:
    """Reads and writes of notifications."""

    async def insert(self, tx: Transaction, notification: NotificationRecord) -> None:
        values = {**asdict(notification), "kind": notification.kind.value}
        await tx.execute(NOTIFICATIONS.insert().values(**values))

    async def page(
        self, connection: Connection, user_id: str, request: PageRequest, *, unread_only: bool
    ) -> list[NotificationRecord]:
        """Return up to `first + 1` notifications of a person, newest first."""
        query = select(NOTIFICATIONS).where(NOTIFICATIONS.c.user_id == user_id)
        if unread_only:
            query = query.where(NOTIFICATIONS.c.read_at.is_(None))
        if request.after is not None:
            query = query.where(tuple_(NOTIFICATIONS.c.created_at, NOTIFICATIONS.c.id) < request.after)
        query = query.order_by(NOTIFICATIONS.c.created_at.desc(), NOTIFICATIONS.c.id.desc())
        return [_notification(row) for row in await connection.execute(query.limit(request.first + 1))]

    async def count(self, connection: Connection, user_id: str, *, unread_only: bool) -> int:
        query = select(func.count()).select_from(NOTIFICATIONS).where(NOTIFICATIONS.c.user_id == user_id)
        if unread_only:
            query = query.where(NOTIFICATIONS.c.read_at.is_(None))
        return int(await connection.scalar(query))

    async def mark_read(self, tx: Transaction, user_id: str, ids: Sequence[str], now: datetime) -> None:
        """Mark notifications of a person as read; all of them when `ids` is empty."""
        statement = update(NOTIFICATIONS).where(
            NOTIFICATIONS.c.user_id == user_id, NOTIFICATIONS.c.read_at.is_(None)
        )
        if ids:
            statement = statement.where(NOTIFICATIONS.c.id.in_(ids))
        await tx.execute(statement.values(read_at=now))

    async def find_many(self, connection: Connection, ids: Sequence[str]) -> dict[str, NotificationRecord]:
        rows = await connection.execute(select(NOTIFICATIONS).where(NOTIFICATIONS.c.id.in_(ids)))
        return {row.id: _notification(row) for row in rows}


def _notification(row: Any) -> NotificationRecord:
    return NotificationRecord(**{**row._mapping, "kind": NotificationKind(row.kind)})
