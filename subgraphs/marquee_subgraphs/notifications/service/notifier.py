"""`Notifier`: notifies a person in the application and by mail, in the transaction of what caused it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from marquee_foundation.trace_context import is_sampled
from marquee_subgraphs.kit.backend import Backend
from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.events import Envelope
from marquee_subgraphs.kit.ids import new_id
from marquee_subgraphs.kit.live import Topics
from marquee_subgraphs.kit.trace import current_trace
from marquee_subgraphs.notifications.domain.records import (
    Channel,
    DeliveryStatus,
    MessageRecord,
    NotificationKind,
    NotificationRecord,
    TicketCode,
)
from marquee_subgraphs.notifications.events.published import NotificationSent
from marquee_subgraphs.notifications.service.composer import Composed, Composer
from marquee_subgraphs.notifications.service.recipients import Recipient
from marquee_subgraphs.notifications.store import NotificationsStore


@dataclass(frozen=True, slots=True)
class News:
    """A message to write: its template and values, where its link leads, and the codes of its tickets."""

    template: str
    kind: NotificationKind
    values: Mapping[str, Any]
    link: str | None = None
    codes: Sequence[TicketCode] = ()
    by_mail: bool = True


def person_topic(user_id: str) -> str:
    """Return the live topic of one person; its messages are ids of notifications."""
    return f"notifications:{user_id}"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a message goes: the channel, the address, and the account and name when there is one."""

    channel: Channel
    recipient: str
    user_id: str | None = None
    name: str | None = None


class Notifier:
    """Writes notifications and queues messages in the caller's transaction; `delivery` sends them later."""

    def __init__(
        self, backend: Backend, store: NotificationsStore, composer: Composer, topics: Topics[str]
    ) -> None:
        self._backend = backend
        self._store = store
        self._composer = composer
        self._topics = topics

    async def notify(self, tx: Transaction, recipient: Recipient, news: News, cause: Envelope | None) -> None:
        """Notify a recipient: in the application if they have an account, by mail if they have an address."""
        composed = self._composer.compose(news.template, recipient.locale, news.values, news.codes, news.link)
        if recipient.user_id is not None:
            await self._add_notification(tx, recipient.user_id, news, composed, cause)
        if news.by_mail and recipient.email is not None:
            address = Address(Channel.EMAIL, recipient.email, recipient.user_id, recipient.name)
            await self.queue(tx, address, composed, news.codes)

    async def queue(
        self, tx: Transaction, address: Address, composed: Composed, codes: Sequence[TicketCode] = ()
    ) -> MessageRecord:
        """Queue one message for its carrier."""
        now = self._backend.clock.now()
        trace = current_trace.get()
        is_mail = address.channel is Channel.EMAIL
        message = MessageRecord(
            id=new_id("msg", now),
            channel=address.channel,
            user_id=address.user_id,
            recipient=address.recipient,
            subject=composed.subject if is_mail else "",
            html=composed.html if is_mail else "",
            text=composed.text if is_mail else f"{composed.subject}. {composed.body}",
            codes=codes,
            status=DeliveryStatus.QUEUED,
            attempts=0,
            created_at=now,
            trace=trace if is_sampled(trace) else None,
            recipient_name=address.name,
        )
        await self._store.messages.insert(tx, message)
        return message

    async def _add_notification(
        self, tx: Transaction, user_id: str, news: News, composed: Composed, cause: Envelope | None
    ) -> None:
        now = self._backend.clock.now()
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
        await self._store.notifications.insert(tx, notification)
        event = NotificationSent(
            notification_id=notification.id, user_id=user_id, kind=news.kind, channel="IN_APP"
        )
        await self._backend.outbox.add(tx, event, aggregate_id=notification.id, cause=cause)
        tx.after_commit(partial(self._topics.publish, person_topic(user_id), notification.id))
