"""`Topics` within this process. Holds messages in memory, bounded per subscriber."""

from __future__ import annotations

from typing import Final, Generic, TypeVar
from weakref import WeakSet

from marquee_foundation.bounded_queue import BoundedQueue
from marquee_subgraphs.kit.live.topics import RESYNC, LiveSubscription, Resync

M = TypeVar("M")
_MESSAGES_AT_MOST: Final = 256


class _LocalSubscription(Generic[M]):
    def __init__(self, owner: LocalTopics[M], topic: str, capacity: int) -> None:
        self._owner = owner
        self._topic = topic
        self._messages: BoundedQueue[M | Resync] = BoundedQueue(capacity)

    def offer(self, message: M) -> None:
        """Take a message; when too many wait, one `RESYNC` takes the place of them all."""
        if self._messages.is_full:
            self._messages.replace(RESYNC, message)
        else:
            self._messages.put(message)

    def resync(self) -> None:
        """Put one `RESYNC` in place of all messages that wait."""
        self._messages.replace(RESYNC)

    def __aiter__(self) -> _LocalSubscription[M]:
        return self

    async def __anext__(self) -> M | Resync:
        return await anext(self._messages)

    async def __aenter__(self) -> _LocalSubscription[M]:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Stop; a waiting iteration ends."""
        self._owner.leave(self._topic, self)
        self._messages.replace()
        self._messages.end()


class LocalTopics(Generic[M]):
    """`Topics` within this process."""

    def __init__(self, capacity: int = _MESSAGES_AT_MOST) -> None:
        if capacity < 1:
            raise ValueError(f"a subscriber holds at least one message, got {capacity}")
        self._capacity = capacity
        # Weak, so that a subscription that was dropped without being closed is forgotten.
        self._subscribers: dict[str, WeakSet[_LocalSubscription[M]]] = {}

    def publish(self, topic: str, message: M) -> None:
        """Hand `message` to every subscriber of `topic`; never waits."""
        for subscriber in tuple(self._subscribers.get(topic, ())):
            subscriber.offer(message)

    def subscribe(self, topic: str) -> LiveSubscription[M]:
        """Receive what is published from now on; close it, or use it as a context."""
        subscription = _LocalSubscription(self, topic, self._capacity)
        self._subscribers.setdefault(topic, WeakSet()).add(subscription)
        return subscription

    def resync(self, topic: str) -> None:
        """Make every subscriber of `topic` read its state anew."""
        for subscriber in tuple(self._subscribers.get(topic, ())):
            subscriber.resync()

    def watched(self) -> list[str]:
        """Return the topics that have a subscriber."""
        return [topic for topic, subscribers in tuple(self._subscribers.items()) if subscribers]

    def leave(self, topic: str, subscription: _LocalSubscription[M]) -> None:
        """Forget a subscription."""
        subscribers = self._subscribers.get(topic)
        if subscribers is not None:
            subscribers.discard(subscription)
            if not subscribers:
                del self._subscribers[topic]

    def count(self, topic: str) -> int:
        """Return the number of subscribers of `topic`."""
        return len(self._subscribers.get(topic, ()))

    async def close(self) -> None:
        """End every subscription."""
        for subscribers in tuple(self._subscribers.values()):
            for subscriber in tuple(subscribers):
                await subscriber.aclose()
