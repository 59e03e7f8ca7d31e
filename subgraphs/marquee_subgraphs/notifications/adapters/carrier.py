"""`Carrier`: the port through which mails and SMS leave, and how that fails.

DeliveryRefused      this message will never be accepted: it is not tried again
any other exception  it may succeed later: the message is tried again
"""

from __future__ import annotations

from typing import Protocol

from marquee_subgraphs.notifications.domain.records import MessageRecord


class DeliveryRefused(Exception):
    """The other side refused for good, or no message can be made for this address; its text says why."""


def reason_of(error: Exception) -> str:
    """Return the text that is stored of a failure: its kind and its message."""
    return f"{type(error).__name__}: {error}".replace("\n", " ")


class Carrier(Protocol):
    """Sends messages. A call must end well before the claim on the message does."""

    async def carry(self, message: MessageRecord) -> None:
        """Send one message. Raises `DeliveryRefused`, or anything else when it is to be tried again."""
        ...


class Mailbox:
    """The embedded default: people read their messages in the store, so storing one is sending it."""

    async def carry(self, message: MessageRecord) -> None:
        """Do nothing: the message is in the store."""
