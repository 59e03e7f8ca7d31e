"""Faults of the event machinery.

EventError
├── MalformedEvent  text that is not an event
├── PoisonEvent     raised by a handler: trying again is pointless, put it aside at once
└── BrokerClosed    used after `close`
"""

from __future__ import annotations


class EventError(Exception):
    """A fault of the event machinery."""

    code = "EVENT_ERROR"


class MalformedEvent(EventError):
    """Text that is not an event."""

    code = "MALFORMED_EVENT"


class PoisonEvent(EventError):
    """A handler can never take this event: it goes to the dead letters without further attempts."""

    code = "POISON_EVENT"


class BrokerClosed(EventError):
    """The broker was used after it was closed."""

    code = "BROKER_CLOSED"
