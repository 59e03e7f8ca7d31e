"""`Broker`: what carries events between subgraphs, embedded or RabbitMQ.

Delivers each event at least once, and the events of one aggregate to one queue in order.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from marquee_subgraphs.kit.events.envelope import Envelope

EventHandler = Callable[[Envelope], Awaitable[None]]


@runtime_checkable
class DeathObserver(Protocol):
    """An event handler that wants to know which deliveries were given up."""

    def died(self, event: Envelope) -> None:
        """Take an event that is now a dead letter; must be quick."""
        ...


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A delivery that was given up."""

    queue: str
    event_id: str
    event_type: str
    event: Envelope | None
    """None when the message is no event; `error` says why."""
    attempts: int
    error: str
    died_at: datetime


class Subscription(Protocol):
    """A queue being consumed."""

    async def close(self) -> None:
        """Stop consuming; events that are being handled finish first."""
        ...


class Broker(Protocol):
    """Carries events from producers to queues."""

    @property
    def connected(self) -> bool:
        """True while the broker can be reached; until then events wait in outboxes and queues."""
        ...

    async def publish(self, events: Sequence[Envelope]) -> None:
        """Return when every event is durable in every queue that is bound to its type.

        A retry after an error may leave duplicates, which inboxes ignore.
        """
        ...

    async def consume(self, queue: str, types: Collection[str], handler: EventHandler) -> Subscription:
        """Bind `types` to `queue`, durably, and hand its events to `handler` until closed.

        The events of one aggregate are handled one after another, in order. An event is done when the handler
        returns. When it raises, the event is retried with growing pauses, and becomes a dead letter after a
        bounded number of attempts, or at once on `PoisonEvent`.
        """
        ...

    async def dead_letters(self, queue: str | None = None, limit: int = 100) -> list[DeadLetter]:
        """Return the oldest deliveries that were given up."""
        ...

    async def replay(self, queue: str, event_ids: Collection[str] | None = None) -> int:
        """Queue dead letters again, all of `queue` or only `event_ids`; return how many.

        Raises `UnknownQueue`.
        """
        ...

    async def close(self) -> None:
        """Close every subscription and connection."""
        ...
