"""The events that wait for one listener: never more than a bound, the newest kept.

Must never make a publisher wait.
"""

from __future__ import annotations

import logging
from typing import Final

from marquee_foundation.bounded_queue import BoundedQueue
from marquee_router.event_sources.source import SourceEvent

logger = logging.getLogger("marquee_router.event_sources")

EVENTS_AT_MOST: Final = 256


class Inbox:
    """Iterated by one consumer."""

    __slots__ = ("_events", "_is_behind", "_topic")

    def __init__(self, topic: str, capacity: int) -> None:
        self._topic = topic
        self._events: BoundedQueue[SourceEvent] = BoundedQueue(capacity)
        self._is_behind = False
        """True from the first event that is dropped until the consumer has taken all that wait."""

    def offer(self, event: SourceEvent) -> None:
        """Add an event; if the inbox is full, the oldest is dropped."""
        if self._events.is_full:
            if not self._is_behind:  # one line each time it falls behind, not one per event
                logger.warning(
                    "events of %s come faster than they are resolved: some are left out", self._topic
                )
            self._is_behind = True
        self._events.put(event)

    def end(self) -> None:
        """End the iteration after the events that wait."""
        self._events.end()

    def __aiter__(self) -> Inbox:
        return self

    async def __anext__(self) -> SourceEvent:
        event = await anext(self._events)
        self._is_behind = self._is_behind and len(self._events) > 0
        return event
