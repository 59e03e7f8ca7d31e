"""The rows of people with an account, and the erasure of a person from every table."""

from __future__ import annotations

from dataclasses import asdict

from sqlalchemy import delete, select, update

from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.locale import Locale
from marquee_subgraphs.notifications.domain.records import Person
from marquee_subgraphs.notifications.tables import CONTACTS, MESSAGES, NOTIFICATIONS, PEOPLE


class PersonStore:
    """Reads and writes of people."""

    async def save(self, tx: Transaction, person: Person) -> None:
        """Write a person as they are now; one who was forgotten stays forgotten."""
        statement = tx.insert(PEOPLE).values(**{**asdict(person), "locale": person.locale.value})
        await tx.execute(
            statement.on_conflict_do_update(
                index_elements=["user_id"],
                set_={name: statement.excluded[name] for name in ("name", "email", "locale", "phone")},
                where=PEOPLE.c.is_forgotten.is_(False),
            )
        )

    async def find(self, tx: Transaction, user_id: str) -> Person | None:
        """Return a person, locked so that no other transaction erases them before this one ends."""
        query = select(PEOPLE).where(PEOPLE.c.user_id == user_id).with_for_update(read=True)
        # FOR SHARE: two messages to one person may be written at once, an erasure waits for both.
        row = (await tx.execute(query)).first()
        if row is None:
            return None
        return Person(row.user_id, row.name, row.email, Locale(row.locale), row.is_forgotten, row.phone)

    async def forget(self, tx: Transaction, user_id: str) -> None:
        """Delete all that names a person, and remember that they get no message any more. Four statements."""
        # The person's row first: it waits for a transaction that writes to them at this moment (`find`).
        statement = tx.insert(PEOPLE).values(
            user_id=user_id, name="", email="", phone=None, locale=Locale.ES.value, is_forgotten=True
        )
        await tx.execute(
            statement.on_conflict_do_update(
                index_elements=["user_id"],
                set_={name: statement.excluded[name] for name in ("name", "email", "phone", "is_forgotten")},
            )
        )
        await tx.execute(delete(NOTIFICATIONS).where(NOTIFICATIONS.c.user_id == user_id))
        await tx.execute(delete(MESSAGES).where(MESSAGES.c.user_id == user_id))
        await tx.execute(
            update(CONTACTS).where(CONTACTS.c.user_id == user_id).values(user_id=None, email=None)
        )
