"""Forgetting a customer: the one statement list that touches every table with a person in it."""

from __future__ import annotations

from sqlalchemy import delete, update

from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.tickets.tables import HOLDS, MEMBERSHIPS, ORDERS, SEATS, TICKETS, VOUCHERS, WAITLIST


async def erase_user(tx: Transaction, user_id: str) -> None:
    """Take a user's name off everything; delete what is only theirs."""
    await tx.execute(update(ORDERS).where(ORDERS.c.user_id == user_id).values(user_id=None, email=None))
    for table in (TICKETS, SEATS, HOLDS):
        await tx.execute(update(table).where(table.c.user_id == user_id).values(user_id=None))
    await tx.execute(delete(VOUCHERS).where(VOUCHERS.c.user_id == user_id))
    await tx.execute(delete(WAITLIST).where(WAITLIST.c.user_id == user_id))
    await tx.execute(delete(MEMBERSHIPS).where(MEMBERSHIPS.c.user_id == user_id))
