"""The rows of mails and SMS: the queue of what is still to be sent, and what was sent."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select, tuple_, update

from marquee_subgraphs.kit.database import Connection, Transaction
from marquee_subgraphs.kit.pagination import PageRequest
from marquee_subgraphs.notifications.domain.records import (
    CLAIM,
    Channel,
    DeliveryStatus,
    MessageRecord,
    TicketCode,
)
from marquee_subgraphs.notifications.tables import MESSAGES

_LONGEST_FAILURE: Final = 300


class MessageStore:
    """Reads and writes of messages."""

    async def insert(self, tx: Transaction, message: MessageRecord) -> None:
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
        """Claim the message that is due longest for 30 seconds; None when none is due."""
        # SKIP LOCKED: of several processes each claims another message. A process that dies keeps its claim
        # only until `next_attempt_at`, so the message is then sent by another.
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
        """Mark a message as sent, even when another process has claimed it: it must not go out twice."""
        await tx.execute(
            update(MESSAGES)
            .where(MESSAGES.c.id == message_id)
            .values(status=DeliveryStatus.SENT.value, sent_at=now, next_attempt_at=None, failure=None)
        )

    async def mark_failed(
        self, tx: Transaction, message: MessageRecord, again_at: datetime | None, failure: str
    ) -> None:
        """Mark an attempt as failed, to be repeated at `again_at` or, when that is None, given up."""
        # The number of attempts is the guard: when another process has claimed the message meanwhile, its
        # result counts and this one writes nothing.
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

    async def find(self, connection: Connection, message_id: str) -> MessageRecord | None:
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
        """Return up to `first + 1` mails, newest first."""
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


def _mails(query: Any, user_id: str | None, recipient: str | None) -> Any:
    query = query.where(MESSAGES.c.channel == Channel.EMAIL.value)
    if user_id is not None:
        query = query.where(MESSAGES.c.user_id == user_id)
    if recipient is not None:
        query = query.where(MESSAGES.c.recipient == recipient)
    return query


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
