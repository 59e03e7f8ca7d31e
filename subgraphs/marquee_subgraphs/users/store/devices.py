"""Known devices in the users database: those from which an account was signed in to before."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select, update

from marquee_subgraphs.kit.database import Connection, Transaction
from marquee_subgraphs.users.tables import KNOWN_DEVICES, USERS


class DeviceStore:
    """Reads and writes of known devices, by the hash of their token; each method is one statement."""

    async def insert(self, tx: Transaction, hash_: str, user_id: str, expires_at: datetime) -> None:
        """Add a device."""
        await tx.execute(KNOWN_DEVICES.insert().values(hash=hash_, user_id=user_id, expires_at=expires_at))

    async def is_known(self, connection: Connection, hash_: str, email: str, now: datetime) -> bool:
        """True if the account with this email knows the device, and its time is not over."""
        query = (
            select(KNOWN_DEVICES.c.hash)
            .join(USERS, USERS.c.id == KNOWN_DEVICES.c.user_id)
            .where(KNOWN_DEVICES.c.hash == hash_, USERS.c.email == email, KNOWN_DEVICES.c.expires_at > now)
        )
        return await connection.scalar(query) is not None

    async def extend(
        self, tx: Transaction, hash_: str, user_id: str, *, now: datetime, expires_at: datetime
    ) -> bool:
        """Move the end of a device's time. Returns False when the user does not know the device."""
        rows = await tx.execute(
            update(KNOWN_DEVICES)
            .where(
                KNOWN_DEVICES.c.hash == hash_,
                KNOWN_DEVICES.c.user_id == user_id,
                KNOWN_DEVICES.c.expires_at > now,
            )
            .values(expires_at=expires_at)
        )
        return rows.rowcount == 1

    async def delete_expired(self, tx: Transaction, now: datetime) -> None:
        """Delete the devices whose time is over."""
        await tx.execute(delete(KNOWN_DEVICES).where(KNOWN_DEVICES.c.expires_at <= now))
