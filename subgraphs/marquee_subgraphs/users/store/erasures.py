"""Erasures in the users database: the request, the receipts of the other subgraphs, the erasure itself."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select, update

from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.users.domain import ERASING_SUBGRAPHS
from marquee_subgraphs.users.tables import ERASURE_RECEIPTS, KNOWN_DEVICES, SESSIONS, USERS


class ErasureStore:
    """Reads and writes of erasures; each method is one statement unless it says otherwise."""

    async def request(self, tx: Transaction, user_id: str, now: datetime) -> bool:
        """Mark the account as being erased. Returns False when it was marked before."""
        rows = await tx.execute(
            update(USERS)
            .where(USERS.c.id == user_id, USERS.c.erasure_requested_at.is_(None))
            .values(erasure_requested_at=now)
        )
        return rows.rowcount == 1

    async def add_receipt(self, tx: Transaction, user_id: str, subgraph: str, now: datetime) -> bool:
        """Record that a subgraph has erased the user. Three statements.

        Returns True if the account itself is to be erased now: every subgraph has sent its receipt, erasure
        was requested, and it has not happened yet.
        """
        await tx.execute(
            tx.insert(ERASURE_RECEIPTS)
            .values(user_id=user_id, subgraph=subgraph, received_at=now)
            .on_conflict_do_nothing()
        )
        receipts = await tx.scalars(
            select(ERASURE_RECEIPTS.c.subgraph).where(ERASURE_RECEIPTS.c.user_id == user_id)
        )
        if not set(receipts) >= ERASING_SUBGRAPHS:
            return False
        pending = select(USERS.c.id).where(
            USERS.c.id == user_id, USERS.c.erasure_requested_at.is_not(None), USERS.c.erased_at.is_(None)
        )
        return await tx.scalar(pending) is not None

    async def erase(self, tx: Transaction, user_id: str, now: datetime) -> None:
        """Overwrite the person's data in the account and its sessions, and forget its devices. Three
        statements."""
        # The row stays, because orders and reviews refer to its id.
        await tx.execute(
            update(USERS)
            .where(USERS.c.id == user_id)
            .values(
                name="—",
                email=f"erased+{user_id}@marquee.invalid",
                phone=None,
                password_hash="",
                erased_at=now,
            )
        )
        await tx.execute(update(SESSIONS).where(SESSIONS.c.user_id == user_id).values(device=None))
        await tx.execute(delete(KNOWN_DEVICES).where(KNOWN_DEVICES.c.user_id == user_id))
