"""`RedisEvents`: topics are channels of Redis pub/sub, received over one connection for all listeners.

Redis keeps no message for a subscriber that is not connected: after each lost connection every listener gets
`GAP`. Must never end a subscription because Redis is down.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator

from marquee_foundation.redis import ChannelListener, RedisServer
from marquee_router.event_sources.inbox import EVENTS_AT_MOST, Inbox
from marquee_router.event_sources.source import GAP, SourceEvent


class RedisEvents:
    """Implements `EventSource`; connects when first listened to."""

    def __init__(self, url: str, *, queue_events: int = EVENTS_AT_MOST) -> None:
        """Each listener holds at most `queue_events`. Raises `ValueError` when `url` is none of Redis."""
        self._server = RedisServer(url)
        self._channels = ChannelListener(self._server.client, self, name="event sources")
        self._queue_events = queue_events
        self._inboxes: dict[str, set[Inbox]] = {}

    async def listen(self, topic: str) -> AsyncGenerator[SourceEvent, None]:
        """Yield the events of a channel, once Redis has confirmed it, until this is closed."""
        inbox = Inbox(topic, self._queue_events)
        self._inboxes.setdefault(topic, set()).add(inbox)
        self._channels.join(topic)
        self._channels.start()
        try:
            async for event in inbox:
                yield event
        finally:
            inboxes = self._inboxes[topic]
            inboxes.discard(inbox)
            if not inboxes:
                del self._inboxes[topic]
                self._channels.leave(topic)

    async def aclose(self) -> None:
        """End every listener, and disconnect."""
        for inboxes in self._inboxes.values():
            for inbox in inboxes:
                inbox.end()
        await self._channels.aclose()
        await self._server.aclose()

    def received(self, channel: str, message: bytes) -> None:
        """Give an event to each listener of its channel."""
        self._offer(channel, message)

    def confirmed(self, channel: str, *, again: bool) -> None:
        """Give `GAP` to each listener of a channel whose events may be missing."""
        if again:
            self._offer(channel, GAP)

    def _offer(self, topic: str, event: SourceEvent) -> None:
        for inbox in self._inboxes.get(topic, ()):
            inbox.offer(event)
