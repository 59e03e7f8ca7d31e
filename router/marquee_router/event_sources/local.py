"""`LocalEvents`: an event source within one process."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncGenerator
from typing import Any

import orjson

from marquee_router.event_sources.inbox import EVENTS_AT_MOST, Inbox
from marquee_router.event_sources.source import SourceEvent


class LocalEvents:
    """Implements `EventSource`; call `publish` on the event loop of the listeners."""

    def __init__(self, *, queue_events: int = EVENTS_AT_MOST) -> None:
        """Each listener holds at most `queue_events`."""
        self._queue_events = queue_events
        self._inboxes: dict[str, set[Inbox]] = defaultdict(set)

    def publish(self, topic: str, event: Any) -> None:
        """Send a JSON value to every listener of `topic`, without waiting; raises `TypeError` for another
        value."""
        inboxes = self._inboxes.get(topic)
        if inboxes:
            encoded = orjson.dumps(event)
            for inbox in inboxes:
                inbox.offer(encoded)

    def listeners(self, topic: str) -> int:
        """Return the number of listeners of `topic`."""
        return len(self._inboxes.get(topic, ()))

    async def listen(self, topic: str) -> AsyncGenerator[SourceEvent, None]:
        """Yield the events of a topic from the first step on, until closed."""
        inbox = Inbox(topic, self._queue_events)
        self._inboxes[topic].add(inbox)
        try:
            async for event in inbox:
                yield event
        finally:
            inboxes = self._inboxes[topic]
            inboxes.discard(inbox)
            if not inboxes:
                del self._inboxes[topic]

    async def aclose(self) -> None:
        """End every listener."""
        for inboxes in self._inboxes.values():
            for inbox in inboxes:
                inbox.end()
