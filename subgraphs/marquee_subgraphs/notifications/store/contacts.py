"""The rows of contacts: whom to write to about an order."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from marquee_subgraphs.kit.database import Connection, Transaction
from marquee_subgraphs.kit.locale import Locale
from marquee_subgraphs.notifications.domain.records import Contact
from marquee_subgraphs.notifications.tables import CONTACTS

_CONTACT = [CONTACTS.c[name] for name in Contact.__dataclass_fields__]


class ContactStore:
    """Reads and writes of contacts."""

    async def save(self, tx: Transaction, contact: Contact, *, confirmed: bool) -> None:
        """Write whom to notify about an order; one that is confirmed stays so until `unconfirm`."""
        values = {**asdict(contact), "locale": contact.locale.value, "is_confirmed": confirmed}
        statement = tx.insert(CONTACTS).values(**values)
        if not confirmed:
            await tx.execute(statement.on_conflict_do_nothing())
            return
        names = ("starts_at", "time_zone", "is_confirmed", "movie_id")
        changed = {name: statement.excluded[name] for name in names}
        await tx.execute(statement.on_conflict_do_update(index_elements=["order_id"], set_=changed))

    async def unconfirm(self, tx: Transaction, order_id: str) -> None:
        """Mark an order as ended: the cancellation of its showtime does not concern it any more."""
        await tx.execute(update(CONTACTS).where(CONTACTS.c.order_id == order_id).values(is_confirmed=False))

    async def find(self, connection: Connection, order_id: str) -> Contact | None:
        row = (await connection.execute(select(*_CONTACT).where(CONTACTS.c.order_id == order_id))).first()
        return None if row is None else _contact(row)

    async def of_showtime(self, connection: Connection, showtime_id: str) -> list[Contact]:
        """Return the contacts of the confirmed orders of a showtime."""
        rows = await connection.execute(
            select(*_CONTACT)
            .where(CONTACTS.c.showtime_id == showtime_id, CONTACTS.c.is_confirmed)
            .order_by(CONTACTS.c.order_id)
        )
        return [_contact(row) for row in rows]

    async def move_showtime(self, tx: Transaction, showtime_id: str, starts_at: datetime) -> None:
        await tx.execute(
            update(CONTACTS).where(CONTACTS.c.showtime_id == showtime_id).values(starts_at=starts_at)
        )

    async def movie_of(self, connection: Connection, order_id: str) -> str | None:
        """Return the film of an order, if it is known."""
        movie_id: str | None = await connection.scalar(
            select(CONTACTS.c.movie_id).where(CONTACTS.c.order_id == order_id)
        )
        return movie_id


def _contact(row: Any) -> Contact:
    return Contact(**{**row._mapping, "locale": Locale(row.locale)})
