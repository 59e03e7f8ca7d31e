"""The invariants of erasures: nothing personal stays behind, and none is left unfinished. Reads only."""

from __future__ import annotations

from sqlalchemy import func, or_, select

from marquee_subgraphs.kit.database import Connection, Database
from marquee_subgraphs.kit.invariants import Invariant
from marquee_subgraphs.users.domain import ERASING_SUBGRAPHS
from marquee_subgraphs.users.tables import ERASURE_RECEIPTS, KNOWN_DEVICES, SESSIONS, USERS


async def verify(database: Database) -> list[Invariant]:
    """Check every invariant of users on one snapshot of the store."""
    async with database.read(heavy=True) as connection:
        return [
            Invariant("an erased account keeps no personal data", await _unerased_data(connection)),
            Invariant(
                "an account is erased once every subgraph has erased its part", await _unfinished(connection)
            ),
        ]


async def _unerased_data(connection: Connection) -> list[str]:
    devices = select(SESSIONS.c.user_id).where(SESSIONS.c.device.is_not(None))
    kept = or_(
        USERS.c.email.not_like("erased+%"),
        USERS.c.phone.is_not(None),
        USERS.c.password_hash != "",
        USERS.c.id.in_(devices),
        USERS.c.id.in_(select(KNOWN_DEVICES.c.user_id)),
    )
    statement = select(USERS.c.id).where(USERS.c.erased_at.is_not(None), kept).order_by(USERS.c.id)
    return list(await connection.scalars(statement))


async def _unfinished(connection: Connection) -> list[str]:
    complete = (
        select(ERASURE_RECEIPTS.c.user_id)
        .where(ERASURE_RECEIPTS.c.subgraph.in_(ERASING_SUBGRAPHS))
        .group_by(ERASURE_RECEIPTS.c.user_id)
        .having(func.count() == len(ERASING_SUBGRAPHS))
    )
    statement = select(USERS.c.id).where(
        USERS.c.erasure_requested_at.is_not(None), USERS.c.erased_at.is_(None), USERS.c.id.in_(complete)
    )
    return list(await connection.scalars(statement.order_by(USERS.c.id)))
