"""What is kept of customers: the tier of a membership, and the erasure of a person from every table."""

from __future__ import annotations

from sqlalchemy import delete, select, update

from marquee_subgraphs.kit.database import Connection, Transaction
from marquee_subgraphs.tickets.tables import HOLDS, MEMBERSHIPS, ORDERS, SEATS, TICKETS, VOUCHERS, WAITLIST


class CustomerStore:
    """Reads and writes of what concerns one customer."""

    async def save_tier(self, tx: Transaction, *, user_id: str, tier: str) -> None:
        """Keep a member's tier."""
        statement = tx.insert(MEMBERSHIPS).values(user_id=user_id, tier=tier)
        await tx.execute(
            statement.on_conflict_do_update(index_elements=[MEMBERSHIPS.c.user_id], set_={"tier": tier})
        )

    async def find_tier(self, connection: Connection, user_id: str) -> str | None:
        """Return a member's tier; None for a person who is no member."""
        tier: str | None = await connection.scalar(
            select(MEMBERSHIPS.c.tier).where(MEMBERSHIPS.c.user_id == user_id)
        )
        return tier

    async def erase(self, tx: Transaction, user_id: str) -> None:
        """Take a user out of every table; delete what is only theirs. Seven statements."""
        # Orders and tickets stay, without a name: they are the cinema's accounts.
        await tx.execute(update(ORDERS).where(ORDERS.c.user_id == user_id).values(user_id=None, email=None))
        for table in (TICKETS, SEATS, HOLDS):
            await tx.execute(update(table).where(table.c.user_id == user_id).values(user_id=None))
        await tx.execute(delete(VOUCHERS).where(VOUCHERS.c.user_id == user_id))
        await tx.execute(delete(WAITLIST).where(WAITLIST.c.user_id == user_id))
        await tx.execute(delete(MEMBERSHIPS).where(MEMBERSHIPS.c.user_id == user_id))
