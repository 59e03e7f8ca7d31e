"""The events that notifications publishes."""

from __future__ import annotations

from dataclasses import dataclass

from marquee_subgraphs.kit.events import PublishedEvent
from marquee_subgraphs.notifications.domain.records import NotificationKind


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationSent(PublishedEvent):
    """A person has a new notification in the application. The aggregate is the notification."""

    TYPE = "notification.sent"
    notification_id: str
    user_id: str
    kind: NotificationKind
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UserErased(PublishedEvent):
    """The receipt of an erasure: nothing here leads to the person any more. The aggregate is the user."""

    TYPE = "user.erased"
    user_id: str
    subgraph: str
