"""Faults of the event machinery.

EventError
├── MalformedEvent      text that is not an event
├── PoisonEvent         raised by a handler: no retry can succeed; the event becomes a dead letter at once
├── UnknownQueue        no consumer has a queue of that name
├── BrokerUnavailable   the broker cannot be reached, or does not answer in time; try again later
└── BrokerClosed        the broker was used after `close`
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
    """The broker cannot be reached, or does not answer in time; events stay in the outbox until it does."""

    code = "BROKER_UNAVAILABLE"


class BrokerClosed(EventError):
    """The broker was used after it was closed."""

    code = "BROKER_CLOSED"
