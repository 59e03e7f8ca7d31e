"""The use cases of notifications: one method each, one transaction each.

`inbox` is what people read, `messages` what staff sends, `notifier` what events cause, and `delivery` sends
what is queued. `recipients` and `composer` find the address and write the words.
"""

from __future__ import annotations

from dataclasses import dataclass

from marquee_subgraphs.kit.backend import Backend
from marquee_subgraphs.kit.live import Topics
from marquee_subgraphs.notifications.service.composer import Composer
from marquee_subgraphs.notifications.service.delivery import Delivery
from marquee_subgraphs.notifications.service.inbox import Inbox
from marquee_subgraphs.notifications.service.messages import Messages
from marquee_subgraphs.notifications.service.notifier import Notifier
from marquee_subgraphs.notifications.service.recipients import Recipients
from marquee_subgraphs.notifications.store import NotificationsStore


@dataclass(frozen=True, slots=True)
class NotificationService:
    """What resolvers find as `info.context.service`."""

    inbox: Inbox
    messages: Messages
    notifier: Notifier
    recipients: Recipients
    delivery: Delivery

    @classmethod
    def of(
        cls,
        backend: Backend,
        store: NotificationsStore,
        topics: Topics[str],
        composer: Composer,
        delivery: Delivery,
    ) -> NotificationService:
        """Return the use cases on one backend."""
        notifier = Notifier(backend, store, composer, topics)
        return cls(
            inbox=Inbox(backend, store, topics),
            messages=Messages(backend, store, composer, notifier),
            notifier=notifier,
            recipients=Recipients(store),
            delivery=delivery,
        )


__all__ = ["NotificationService"]
