"""The records of notifications: people, contacts, notifications and queued messages. Time is an argument."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from marquee_subgraphs.kit.locale import Locale
from marquee_subgraphs.notifications.domain.translations import local_time

RETRY_AFTER: Final = (
    timedelta(seconds=5),
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
)
"""The pauses after failed attempts; after the last one a message has failed for good."""
CLAIM: Final = timedelta(seconds=30)
"""For how long a process has a message to itself: twice as long as one attempt may take."""


class NotificationKind(StrEnum):
    """What a notification is about."""

    ORDER_CONFIRMED = "ORDER_CONFIRMED"
    ORDER_EXPIRED = "ORDER_EXPIRED"
    ORDER_FAILED = "ORDER_FAILED"
    REFUND_COMPLETED = "REFUND_COMPLETED"
    SHOWTIME_CANCELLED = "SHOWTIME_CANCELLED"
    POINTS_EARNED = "POINTS_EARNED"
    TIER_CHANGED = "TIER_CHANGED"
    SEATS_OFFERED = "SEATS_OFFERED"
    WELCOME = "WELCOME"
    GENERIC = "GENERIC"


class DeliveryStatus(StrEnum):
    """The state of a mail or SMS."""

    QUEUED = "QUEUED"
    SENT = "SENT"
    FAILED = "FAILED"


class Channel(StrEnum):
    """How a message is sent."""

    EMAIL = "EMAIL"
    SMS = "SMS"


@dataclass(frozen=True, slots=True)
class Person:
    """A person with an account, from the events of users."""

    user_id: str
    name: str
    email: str
    locale: Locale
    is_forgotten: bool = False
    """True after an erasure: the person gets no message any more, whatever event comes later."""
    phone: str | None = None
    """In E.164, as +51987654321."""


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to notify about an order: a person with an account, or a guest's email."""

    order_id: str
    number: str
    showtime_id: str
    movie_title: str
    user_id: str | None
    email: str | None
    locale: Locale
    starts_at: datetime | None = None
    """Known once the order is confirmed, together with the time zone."""
    time_zone: str | None = None
    movie_id: str | None = None

    def starts_at_text(self, locale: Locale) -> str:
        """Return when the showtime starts, by the clock in the cinema; a dash while that is unknown."""
        if self.starts_at is None:
            return "—"
        return local_time(self.starts_at, self.time_zone or "UTC", locale)


@dataclass(frozen=True, slots=True)
class NotificationRecord:
    """A message in the application."""

    id: str
    user_id: str
    kind: NotificationKind
    title: str
    body: str
    link: str | None
    read_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TicketCode:
    """A QR code that goes into a mail, as an inline picture."""

    seat: str
    code: str
    content_id: str


@dataclass(frozen=True, slots=True)
class MessageRecord:
    """A mail or SMS, queued, sent or failed. An SMS has no subject and no HTML."""

    id: str
    channel: Channel
    user_id: str | None
    recipient: str
    subject: str
    html: str
    text: str
    codes: Sequence[TicketCode]
    status: DeliveryStatus
    attempts: int
    """The attempts before; one whose process died counts too."""
    created_at: datetime
    sent_at: datetime | None = None
    trace: str | None = None
    """The W3C trace context of the request that caused it, when that is sampled."""
    recipient_name: str | None = None
    failure: str | None = None
    """Why the last attempt failed."""


def retry_at(attempts: int, now: datetime) -> datetime | None:
    """Return when to try again after so many failed attempts; None after the last."""
    return now + RETRY_AFTER[attempts - 1] if attempts <= len(RETRY_AFTER) else None
