"""The events that wait for one listener: never more than a bound, the newest kept.

Owns the policy for a listener that is slower than its topic. Must never make a publisher wait.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from typing import Final

from marquee_router.event_sources.source import SourceEvent

logger = logging.getLogger("marquee_router.event_sources")

EVENTS_AT_MOST: Final = 256


class Inbox:
    """Iterated by one consumer."""

    __slots__ = ("_capacity", "_ended", "_events", "_is_behind", "_topic", "_waiter")

    def __init__(self, topic: str, capacity: int) -> None:
        self._topic = topic
        self._capacity = capacity
        self._events: deque[SourceEvent] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._ended = False
        self._is_behind = False

    def offer(self, event: SourceEvent) -> None:
        """Take an event; the oldest makes room for it."""
        if len(self._events) >= self._capacity:
            self._events.popleft()
            if not self._is_behind:  # once per time it falls behind, not once per event
                logger.warning(
                    "events of %s come faster than they are resolved: some are left out", self._topic
                )
            self._is_behind = True
        self._events.append(event)
        self._wake()

    def end(self) -> None:
        """No more events come; those that wait are still given."""
        self._ended = True
        self._wake()

    def __aiter__(self) -> Inbox:
        return self

    async def __anext__(self) -> SourceEvent:
        while not self._events:
            if self._ended:
                raise StopAsyncIteration
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        event = self._events.popleft()
        self._is_behind = self._is_behind and bool(self._events)
        return event

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
