"""The notifications database: people, contacts of orders, notifications, messages. The only SQL here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    delete,
    func,
    select,
    tuple_,
    update,
)

from marquee_subgraphs.kit.database import Connection, Json, Transaction, UtcDateTime
from marquee_subgraphs.kit.locale import Locale
from marquee_subgraphs.kit.pagination import PageRequest
from marquee_subgraphs.notifications.domain.records import (
    CLAIM,
    Channel,
    Contact,
    DeliveryStatus,
    MessageRecord,
    NotificationKind,
    NotificationRecord,
    Person,
    TicketCode,
)

TABLES = MetaData()
_LONGEST_FAILURE = 300

PEOPLE = Table(
    "people",
    TABLES,
    Column("user_id", String(40), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("email", String(254), nullable=False),
    Column("locale", String(8), nullable=False),
    Column("is_forgotten", Boolean, nullable=False),
    Column("phone", String(16)),
)
CONTACTS = Table(
    "contacts",
    TABLES,
    Column("order_id", String(40), primary_key=True),
    Column("number", String(40), nullable=False),
    Column("showtime_id", String(40), nullable=False, index=True),
    Column("movie_title", String(300), nullable=False),
    Column("user_id", String(40), index=True),
    Column("email", String(254)),
    Column("locale", String(8), nullable=False),
    Column("starts_at", UtcDateTime),
    Column("time_zone", String(64)),
    Column("is_confirmed", Boolean, nullable=False),
    Column("movie_id", String(40)),
)
FILMS = Table(
    "films",
    TABLES,
    Column("movie_id", String(40), primary_key=True),
    Column("titles", Json, nullable=False),
)
NOTIFICATIONS = Table(
    "notifications",
    TABLES,
    Column("id", String(40), primary_key=True),
    Column("user_id", String(40), nullable=False),
    Column("kind", String(30), nullable=False),
    Column("title", String(400), nullable=False),
    Column("body", Text, nullable=False),
    Column("link", String(300)),
    Column("read_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Index("notifications_by_user", "user_id", "created_at", "id"),
)
MESSAGES = Table(
    "messages",
    TABLES,
    Column("id", String(40), primary_key=True),
    Column("channel", String(8), nullable=False),
    Column("user_id", String(40)),
    Column("recipient", String(254), nullable=False),
    Column("subject", String(400), nullable=False),
    Column("html", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("codes", Json, nullable=False),
    Column("status", String(8), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime),
    Column("trace", String(55)),
    Column("recipient_name", String(200)),
    Column("failure", String(300)),
    Index("messages_due", "status", "next_attempt_at"),
    Index("messages_by_user", "user_id", "created_at", "id"),
    Index("messages_by_recipient", "recipient", "created_at", "id"),
)


class NotificationStore:
    """Reads and writes of the notifications database; each method is one statement or says otherwise."""

    async def save_person(self, tx: Transaction, person: Person) -> None:
        """Keep somebody as they are now; who was forgotten stays so."""
        statement = tx.insert(PEOPLE).values(**{**asdict(person), "locale": person.locale.value})
        await tx.execute(
            statement.on_conflict_do_update(
                index_elements=["user_id"],
                set_={name: statement.excluded[name] for name in ("name", "email", "locale", "phone")},
                where=PEOPLE.c.is_forgotten.is_(False),
            )
        )

    async def find_person(self, tx: Transaction, user_id: str) -> Person | None:
        """Somebody, who is not forgotten by another before this transaction ends."""
        query = select(PEOPLE).where(PEOPLE.c.user_id == user_id).with_for_update(read=True)
        row = (await tx.execute(query)).first()
        if row is None:
            return None
        return Person(row.user_id, row.name, row.email, Locale(row.locale), row.is_forgotten, row.phone)

    async def save_contact(self, tx: Transaction, contact: Contact, *, confirmed: bool) -> None:
        """Keep who is told about an order; a confirmed one is never taken back to unconfirmed here."""
        values = {**asdict(contact), "locale": contact.locale.value, "is_confirmed": confirmed}
        statement = tx.insert(CONTACTS).values(**values)
        if not confirmed:
            await tx.execute(statement.on_conflict_do_nothing())
            return
        names = ("starts_at", "time_zone", "is_confirmed", "movie_id")
        changed = {name: statement.excluded[name] for name in names}
        await tx.execute(statement.on_conflict_do_update(index_elements=["order_id"], set_=changed))

    async def save_film(self, tx: Transaction, movie_id: str, titles: Mapping[str, str]) -> None:
        """Keep what a film is called, by language."""
        statement = tx.insert(FILMS).values(movie_id=movie_id, titles=dict(titles))
        await tx.execute(
            statement.on_conflict_do_update(
                index_elements=["movie_id"], set_={"titles": statement.excluded["titles"]}
            )
        )

    async def title_of(self, connection: Connection, movie_id: str | None, locale: Locale) -> str | None:
        """What a film is called in a language; None when nobody translated it."""
        if movie_id is None:
            return None
        titles = await connection.scalar(select(FILMS.c.titles).where(FILMS.c.movie_id == movie_id))
        return None if titles is None else titles.get(locale.value)

    async def movie_of(self, connection: Connection, order_id: str) -> str | None:
        """The film of an order."""
        movie_id: str | None = await connection.scalar(
            select(CONTACTS.c.movie_id).where(CONTACTS.c.order_id == order_id)
        )
        return movie_id

    async def unconfirm(self, tx: Transaction, order_id: str) -> None:
        """The order has ended: a cancelled showtime does not concern it any more."""
        await tx.execute(update(CONTACTS).where(CONTACTS.c.order_id == order_id).values(is_confirmed=False))

    async def find_contact(self, connection: Connection, order_id: str) -> Contact | None:
        row = (await connection.execute(select(*_CONTACT).where(CONTACTS.c.order_id == order_id))).first()
        return None if row is None else _contact(row)

    async def contacts_of(self, connection: Connection, showtime_id: str) -> list[Contact]:
        """Everybody with a confirmed order for a showtime."""
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

    async def insert_notification(self, tx: Transaction, notification: NotificationRecord) -> None:
        values = {**asdict(notification), "kind": notification.kind.value}
        await tx.execute(NOTIFICATIONS.insert().values(**values))

    async def page_of_notifications(
        self, connection: Connection, user_id: str, request: PageRequest, *, unread_only: bool
    ) -> list[NotificationRecord]:
        """Up to `first + 1`, newest first."""
        query = select(NOTIFICATIONS).where(NOTIFICATIONS.c.user_id == user_id)
        if unread_only:
            query = query.where(NOTIFICATIONS.c.read_at.is_(None))
        if request.after is not None:
            query = query.where(tuple_(NOTIFICATIONS.c.created_at, NOTIFICATIONS.c.id) < request.after)
        query = query.order_by(NOTIFICATIONS.c.created_at.desc(), NOTIFICATIONS.c.id.desc())
        return [_notification(row) for row in await connection.execute(query.limit(request.first + 1))]

    async def count_notifications(self, connection: Connection, user_id: str, *, unread_only: bool) -> int:
        query = select(func.count()).select_from(NOTIFICATIONS).where(NOTIFICATIONS.c.user_id == user_id)
        if unread_only:
            query = query.where(NOTIFICATIONS.c.read_at.is_(None))
        return int(await connection.scalar(query))

    async def mark_read(self, tx: Transaction, user_id: str, ids: Sequence[str], now: datetime) -> None:
        """Mark one's own as read; all of them when `ids` is empty."""
        statement = update(NOTIFICATIONS).where(
            NOTIFICATIONS.c.user_id == user_id, NOTIFICATIONS.c.read_at.is_(None)
        )
        if ids:
            statement = statement.where(NOTIFICATIONS.c.id.in_(ids))
        await tx.execute(statement.values(read_at=now))

    async def find_notifications(
        self, connection: Connection, ids: Sequence[str]
    ) -> dict[str, NotificationRecord]:
        rows = await connection.execute(select(NOTIFICATIONS).where(NOTIFICATIONS.c.id.in_(ids)))
        return {row.id: _notification(row) for row in rows}

    async def insert_message(self, tx: Transaction, message: MessageRecord) -> None:
        values = asdict(message)
        values |= {
            "channel": message.channel.value,
            "status": message.status.value,
            "codes": [asdict(code) for code in message.codes],
            "next_attempt_at": message.created_at,
        }
        await tx.execute(MESSAGES.insert().values(**values))

    async def is_anything_due(self, connection: Connection, now: datetime) -> bool:
        due = select(MESSAGES.c.id).where(
            MESSAGES.c.status == DeliveryStatus.QUEUED.value, MESSAGES.c.next_attempt_at <= now
        )
        return await connection.scalar(due.limit(1)) is not None

    async def claim_due(self, tx: Transaction, now: datetime) -> MessageRecord | None:
        """Take the message that is due longest, for a minute to oneself; None when nothing is due.

        Of several processes each takes another one: rows that are being taken are passed over.
        """
        due = (
            select(MESSAGES.c.id)
            .where(MESSAGES.c.status == DeliveryStatus.QUEUED.value, MESSAGES.c.next_attempt_at <= now)
            .order_by(MESSAGES.c.next_attempt_at)
            .limit(1)
            .with_for_update(skip_locked=True)
        )
        taken = await tx.execute(
            update(MESSAGES)
            .where(MESSAGES.c.id == due.scalar_subquery())
            .values(next_attempt_at=now + CLAIM, attempts=MESSAGES.c.attempts + 1)
            .returning(MESSAGES)
        )
        row = taken.first()
        return None if row is None else replace(_message(row), attempts=row.attempts - 1)

    async def mark_sent(self, tx: Transaction, message_id: str, now: datetime) -> None:
        """Note that it was taken, whoever else has it by now: it must not go out again."""
        await tx.execute(
            update(MESSAGES)
            .where(MESSAGES.c.id == message_id)
            .values(status=DeliveryStatus.SENT.value, sent_at=now, next_attempt_at=None, failure=None)
        )

    async def mark_failed(
        self, tx: Transaction, message: MessageRecord, again_at: datetime | None, failure: str
    ) -> None:
        """Note a failed attempt: to be tried again then, or given up. Says nothing of a message that another
        has by now.
        """
        status = DeliveryStatus.FAILED if again_at is None else DeliveryStatus.QUEUED
        await tx.execute(
            update(MESSAGES)
            .where(
                MESSAGES.c.id == message.id,
                MESSAGES.c.status == DeliveryStatus.QUEUED.value,
                MESSAGES.c.attempts == message.attempts + 1,
            )
            .values(status=status.value, next_attempt_at=again_at, failure=failure[:_LONGEST_FAILURE])
        )

    async def find_message(self, connection: Connection, message_id: str) -> MessageRecord | None:
        row = (await connection.execute(select(MESSAGES).where(MESSAGES.c.id == message_id))).first()
        return None if row is None else _message(row)

    async def page_of_mails(
        self,
        connection: Connection,
        request: PageRequest,
        *,
        user_id: str | None = None,
        recipient: str | None = None,
    ) -> list[MessageRecord]:
        """Up to `first + 1` mails, newest first."""
        query = _mails(select(MESSAGES), user_id, recipient)
        if request.after is not None:
            query = query.where(tuple_(MESSAGES.c.created_at, MESSAGES.c.id) < request.after)
        query = query.order_by(MESSAGES.c.created_at.desc(), MESSAGES.c.id.desc()).limit(request.first + 1)
        return [_message(row) for row in await connection.execute(query)]

    async def count_mails(
        self, connection: Connection, *, user_id: str | None = None, recipient: str | None = None
    ) -> int:
        query = _mails(select(func.count()).select_from(MESSAGES), user_id, recipient)
        return int(await connection.scalar(query))

    async def forget(self, tx: Transaction, user_id: str) -> None:
        """Delete all that names a person, and remember to tell them nothing more. Four statements.

        The person comes first: who is being told something at this moment is waited for.
        """
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


_CONTACT = [CONTACTS.c[name] for name in Contact.__dataclass_fields__]


def _mails(query: Any, user_id: str | None, recipient: str | None) -> Any:
    query = query.where(MESSAGES.c.channel == Channel.EMAIL.value)
    if user_id is not None:
        query = query.where(MESSAGES.c.user_id == user_id)
    if recipient is not None:
        query = query.where(MESSAGES.c.recipient == recipient)
    return query


def _contact(row: Any) -> Contact:
    return Contact(**{**row._mapping, "locale": Locale(row.locale)})


def _notification(row: Any) -> NotificationRecord:
    return NotificationRecord(**{**row._mapping, "kind": NotificationKind(row.kind)})


def _message(row: Any) -> MessageRecord:
    return MessageRecord(
        id=row.id,
        channel=Channel(row.channel),
        user_id=row.user_id,
        recipient=row.recipient,
        subject=row.subject,
        html=row.html,
        text=row.text,
        codes=[TicketCode(**code) for code in row.codes],
        status=DeliveryStatus(row.status),
        attempts=row.attempts,
        created_at=row.created_at,
        sent_at=row.sent_at,
        trace=row.trace,
        recipient_name=row.recipient_name,
        failure=row.failure,
    )
