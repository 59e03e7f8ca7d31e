"""`LocalEvents`: a source within this process, for everything in one process and for tests."""

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
        """Hand a JSON value to every listener of `topic`; never waits. Raises `TypeError` for another."""
        inboxes = self._inboxes.get(topic)
        if inboxes:
            encoded = orjson.dumps(event)
            for inbox in inboxes:
                inbox.offer(encoded)

    def listeners(self, topic: str) -> int:
        """How many listen to `topic`."""
        return len(self._inboxes.get(topic, ()))

    async def listen(self, topic: str) -> AsyncGenerator[SourceEvent, None]:
        """The events of a topic from the first step on, until this is closed."""
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
