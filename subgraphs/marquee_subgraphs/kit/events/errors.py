"""Faults of the event machinery.

EventError
├── MalformedEvent      text that is not an event
├── PoisonEvent         raised by a handler: trying again is pointless, put it aside at once
├── UnknownQueue        no consumer has a queue of that name
├── BrokerUnavailable   the broker cannot be reached, or does not answer; try again later
└── BrokerClosed        used after `close`
"""

from __future__ import annotations

from marquee_foundation.errors import MarqueeError


class EventError(MarqueeError):
    """A fault of the event machinery."""

    code = "EVENT_ERROR"


class MalformedEvent(EventError):
    """Text that is not an event."""

    code = "MALFORMED_EVENT"


class PoisonEvent(EventError):
    """A handler can never take this event: it goes to the dead letters without further attempts."""

    code = "POISON_EVENT"


class UnknownQueue(EventError):
    """No consumer has a queue of that name."""

    code = "UNKNOWN_QUEUE"


class BrokerUnavailable(EventError):
    """The broker cannot be reached, or does not answer in time; what waits for it goes on waiting."""

    code = "BROKER_UNAVAILABLE"


class BrokerClosed(EventError):
    """The broker was used after it was closed."""

    code = "BROKER_CLOSED"
