"""The rows of holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from marquee_subgraphs.kit.database import Connection, Transaction
from marquee_subgraphs.tickets.domain.holds import Hold
from marquee_subgraphs.tickets.store.rows import values_of
from marquee_subgraphs.tickets.tables import HOLDS, SEATS

_HOLD = [HOLDS.c[name] for name in Hold.__dataclass_fields__]
_SAVE = insert(HOLDS)
_LOCK = select(*_HOLD).where(HOLDS.c.id == bindparam("hold_id")).with_for_update()


class HoldStore:
    """Reads and writes of holds."""

    async def save(self, tx: Transaction, hold: Hold) -> None:
        """Keep a new hold."""
        await tx.execute(_SAVE, {name: getattr(hold, name) for name in Hold.__dataclass_fields__})

    async def lock(self, tx: Transaction, hold_id: str) -> Hold | None:
        """Return a hold, kept from others until the end of the transaction."""
        row = (await tx.execute(_LOCK, {"hold_id": hold_id})).first()
        return None if row is None else Hold(*values_of(row))

    async def update(self, tx: Transaction, hold_id: str, **values: Any) -> None:
        """Change a hold."""
        await tx.execute(update(HOLDS).where(HOLDS.c.id == hold_id).values(**values))

    async def adopt(self, tx: Transaction, *, showtime_id: str, hold_id: str, user_id: str) -> None:
        """Make a hold and its seats a customer's."""
        await tx.execute(update(HOLDS).where(HOLDS.c.id == hold_id).values(user_id=user_id))
        await tx.execute(
            update(SEATS)
            .where(SEATS.c.showtime_id == showtime_id, SEATS.c.hold_id == hold_id, SEATS.c.status == "HELD")
            .values(user_id=user_id)
        )

    async def find(self, connection: Connection, hold_id: str) -> Hold | None:
        """Return a hold as it is at this moment."""
        row = (await connection.execute(select(*_HOLD).where(HOLDS.c.id == hold_id))).first()
        return None if row is None else Hold(*values_of(row))

    async def find_live(
        self, connection: Connection, hold_ids: Sequence[str], now: datetime
    ) -> dict[str, Hold]:
        """Return those of `hold_ids` that hold seats."""
        rows = await connection.execute(
            select(*_HOLD).where(
                HOLDS.c.id.in_(hold_ids), HOLDS.c.is_open.is_(True), HOLDS.c.expires_at > now
            )
        )
        return {row.id: Hold(*values_of(row)) for row in rows}

    async def find_expired(self, connection: Connection, *, now: datetime, limit: int) -> list[Hold]:
        """Return open holds whose time is up, the oldest first."""
        rows = await connection.execute(
            select(*_HOLD)
            .where(HOLDS.c.is_open.is_(True), HOLDS.c.expires_at <= now)
            .order_by(HOLDS.c.expires_at)
            .limit(limit)
        )
        return [Hold(*values_of(row)) for row in rows]

    async def find_open(self, connection: Connection, showtime_id: str, limit: int) -> list[Hold]:
        """Return holds of a showtime that hold seats and have no order."""
        rows = await connection.execute(
            select(*_HOLD)
            .where(HOLDS.c.is_open.is_(True), HOLDS.c.showtime_id == showtime_id, HOLDS.c.order_id.is_(None))
            .order_by(HOLDS.c.id)
            .limit(limit)
        )
        return [Hold(*values_of(row)) for row in rows]

    async def close(self, tx: Transaction, hold_ids: Sequence[str]) -> None:
        """Close holds that ended."""
        await tx.execute(update(HOLDS).where(HOLDS.c.id.in_(hold_ids)).values(is_open=False))
