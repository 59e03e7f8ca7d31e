"""The seam to what carries events: embedded, or RabbitMQ.

Promises at least once, and order per aggregate and queue.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from marquee_subgraphs.kit.events.envelope import Envelope

EventHandler = Callable[[Envelope], Awaitable[None]]


@runtime_checkable
class HearsOfDeath(Protocol):
    """An event handler that is told when a delivery to it is given up."""

    def died(self, event: Envelope) -> None:
        """The event is a dead letter from now on; must be quick."""
        ...


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A delivery that was given up."""

    queue: str
    event_id: str
    event_type: str
    event: Envelope | None
    """None when what arrived is no event; `error` says why."""
    attempts: int
    error: str
    died_at: datetime


class Subscription(Protocol):
    """A queue being consumed."""

    async def close(self) -> None:
        """Stop taking events; those being handled finish first."""
        ...


class Broker(Protocol):
    """Carries events from producers to queues."""

    @property
    def connected(self) -> bool:
        """Whether events come and go at present; when not, they wait where they are."""
        ...

    async def publish(self, events: Sequence[Envelope]) -> None:
        """Return when every event is durable in every queue that wants its type; may leave duplicates."""
        ...

    async def consume(self, queue: str, types: Collection[str], handler: EventHandler) -> Subscription:
        """Bind `types` to `queue`, durably, and hand its events to `handler` until closed.

        Events of one aggregate come one after another, in order. An event is done when the handler returns;
        it is tried again, later and later, when it raises, and dead after a bounded number of attempts, or at
        once on `PoisonEvent`.
        """
        ...

    async def dead_letters(self, queue: str | None = None, limit: int = 100) -> list[DeadLetter]:
        """The oldest deliveries that were given up."""
        ...

    async def replay(self, queue: str, event_ids: Collection[str] | None = None) -> int:
        """Queue dead letters again, all of `queue` or only these; answer how many.

        Raises `UnknownQueue`.
        """
        ...

    async def close(self) -> None:
        """Close every subscription and connection."""
        ...
