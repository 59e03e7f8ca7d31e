"""The invariants of notifications, as far as this store shows them. Reads only."""

from __future__ import annotations

from sqlalchemy import or_, select

from marquee_subgraphs.kit.database import Database
from marquee_subgraphs.kit.invariants import Invariant
from marquee_subgraphs.notifications.domain.records import DeliveryStatus
from marquee_subgraphs.notifications.tables import MESSAGES, NOTIFICATIONS, PEOPLE


async def verify(database: Database) -> list[Invariant]:
    """Check every invariant on one snapshot of the store; each finding is an id."""
    forgotten = select(PEOPLE.c.user_id).where(PEOPLE.c.is_forgotten)
    never_tried = (MESSAGES.c.status == DeliveryStatus.QUEUED.value) & MESSAGES.c.next_attempt_at.is_(None)
    sent_at_no_time = (MESSAGES.c.status == DeliveryStatus.SENT.value) & MESSAGES.c.sent_at.is_(None)
    async with database.read(heavy=True) as connection:
        undecided = await connection.scalars(select(MESSAGES.c.id).where(or_(never_tried, sent_at_no_time)))
        messages = await connection.scalars(select(MESSAGES.c.id).where(MESSAGES.c.user_id.in_(forgotten)))
        notifications = await connection.scalars(
            select(NOTIFICATIONS.c.id).where(NOTIFICATIONS.c.user_id.in_(forgotten))
        )
    return [
        Invariant("a message is queued for an attempt, sent, or failed", undecided),
        Invariant("nothing is kept for a person who was forgotten", [*messages, *notifications]),
    ]
