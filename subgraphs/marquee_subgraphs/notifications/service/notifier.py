"""Tells somebody something, in the application and by mail, in the transaction of what caused it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marquee_foundation.trace_context import is_sampled
from marquee_subgraphs.kit.clock import Clock
from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.events import Envelope, Outbox
from marquee_subgraphs.kit.ids import new_id
from marquee_subgraphs.kit.live import Topics
from marquee_subgraphs.kit.locale import Locale
from marquee_subgraphs.kit.trace import current_trace
from marquee_subgraphs.notifications.domain.records import (
    Channel,
    DeliveryStatus,
    MessageRecord,
    NotificationKind,
    NotificationRecord,
    TicketCode,
)
from marquee_subgraphs.notifications.service.composer import Composed, Composer
from marquee_subgraphs.notifications.store import NotificationStore


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom to tell, and in which language; an address without an account is a guest's."""

    user_id: str | None
    email: str | None
    locale: Locale
    name: str | None = None


@dataclass(frozen=True, slots=True)
class News:
    """What to tell: a message's name and values, where it leads, and the codes that go with it."""

    template: str
    kind: NotificationKind
    values: Mapping[str, Any]
    link: str | None = None
    codes: Sequence[TicketCode] = ()
    by_mail: bool = True


def person_topic(user_id: str) -> str:
    """The live topic of one person."""
    return f"notifications:{user_id}"


class Teller:
    """Writes messages into the store; what leaves the house is carried later."""

    def __init__(
        self,
        *,
        store: NotificationStore,
        composer: Composer,
        outbox: Outbox,
        topics: Topics[str],
        clock: Clock,
    ) -> None:
        self._store = store
        self._composer = composer
        self._outbox = outbox
        self._topics = topics
        self._clock = clock

    async def tell(self, tx: Transaction, recipient: Recipient, news: News, cause: Envelope | None) -> None:
        """Tell one person one thing; a recipient without account and address hears nothing."""
        composed = self._composer.compose(news.template, recipient.locale, news.values, news.codes, news.link)
        if recipient.user_id is not None:
            await self._notify(tx, recipient.user_id, news, composed, cause)
        if news.by_mail and recipient.email is not None:
            await self.queue(
                tx,
                Channel.EMAIL,
                recipient.user_id,
                recipient.email,
                composed,
                news.codes,
                name=recipient.name,
            )

    async def queue(
        self,
        tx: Transaction,
        channel: Channel,
        user_id: str | None,
        address: str,
        composed: Composed,
        codes: Sequence[TicketCode] = (),
        *,
        name: str | None = None,
    ) -> MessageRecord:
        """Queue one message for its carrier."""
        now = self._clock.now()
        trace = current_trace.get()
        is_mail = channel is Channel.EMAIL
        message = MessageRecord(
            id=new_id("msg", now),
            channel=channel,
            user_id=user_id,
            recipient=address,
            subject=composed.subject if is_mail else "",
            html=composed.html if is_mail else "",
            text=composed.text if is_mail else f"{composed.subject}. {composed.body}",
            codes=codes,
            status=DeliveryStatus.QUEUED,
            attempts=0,
            created_at=now,
            trace=trace if is_sampled(trace) else None,
            recipient_name=name,
        )
        await self._store.insert_message(tx, message)
        return message

    async def _notify(
        self, tx: Transaction, user_id: str, news: News, composed: Composed, cause: Envelope | None
    ) -> None:
        now = self._clock.now()
        notification = NotificationRecord(
            id=new_id("ntf", now),
            user_id=user_id,
            kind=news.kind,
            title=composed.subject,
            body=composed.body,
            link=news.link,
            read_at=None,
            created_at=now,
        )
        await self._store.insert_notification(tx, notification)
        await self._outbox.add_raw(
            tx,
            type="notification.sent",
            aggregate_id=notification.id,
            payload={
                "notification_id": notification.id,
                "user_id": user_id,
                "kind": news.kind.value,
                "channel": "IN_APP",
            },
            cause=cause,
        )
        tx.after_commit(lambda: self._topics.publish(person_topic(user_id), notification.id))
