"""Ports to the outside: who carries mails and SMS, and how that fails. The embedded default keeps messages
for their owners to read.

    Exception            whatever else a carrier raises: it may go better later
    DeliveryRefused      this message will never be taken: it is not tried again
"""

from __future__ import annotations

from typing import Protocol

from marquee_subgraphs.notifications.domain.records import MessageRecord


class DeliveryRefused(Exception):
    """The other side has said no for good, or no message can be made for this address; says why."""


def reason_of(error: Exception) -> str:
    """What to keep of a failure: its kind, and what the other side said."""
    return f"{type(error).__name__}: {error}".replace("\n", " ")


class Carrier(Protocol):
    """Takes a message out of the house. Raises when it could not: `DeliveryRefused`, or anything else when
    the message is to be tried again. Must end well before the claim on the message does.
    """

    async def carry(self, message: MessageRecord) -> None:
        """Send one message."""
        ...


class Mailbox:
    """The embedded default: the store itself is the mailbox, so keeping a message is sending it."""

    async def carry(self, message: MessageRecord) -> None:
        """Nothing is left to do."""
