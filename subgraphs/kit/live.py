"""Live topics: fan-out of small messages to the subscriptions of this process. Redis takes its place later.

Best effort by design: a subscriber that lags is told to `Resync` from the store. Must never be the only way
to learn of something.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Final, Generic, Protocol, TypeVar
from weakref import WeakSet

M = TypeVar("M")
_MESSAGES_AT_MOST = 256


class Resync:
    """Messages were dropped: read the state anew, then go on."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "RESYNC"


RESYNC: Final = Resync()


class LiveSubscription(Protocol[M]):
    """The messages of one topic, from the moment of `subscribe`."""

    def __aiter__(self) -> LiveSubscription[M]: ...
    async def __anext__(self) -> M | Resync: ...
    async def __aenter__(self) -> LiveSubscription[M]: ...
    async def __aexit__(self, *_: object) -> None: ...

    async def aclose(self) -> None:
        """Stop; a waiting iteration ends."""
        ...


class Topics(Protocol[M]):
    """Where messages are published and subscribed to."""

    def publish(self, topic: str, message: M) -> None:
        """Hand `message` to every subscriber of `topic`; never waits."""
        ...

    def subscribe(self, topic: str) -> LiveSubscription[M]:
        """Receive what is published from now on; close it, or use it as a context."""
        ...

    async def close(self) -> None:
        """End every subscription."""
        ...


class _LocalSubscription(Generic[M]):
    def __init__(self, owner: LocalTopics[M], topic: str, capacity: int) -> None:
        self._owner = owner
        self._topic = topic
        self._capacity = capacity
        self._messages: deque[M | Resync] = deque()
        self._waiting: asyncio.Event = asyncio.Event()
        self._closed = False

    def offer(self, message: M) -> None:
        """Take a message; when too many wait, drop them all for one `RESYNC`."""
        if len(self._messages) >= self._capacity:
            self._messages.clear()
            self._messages.append(RESYNC)
        self._messages.append(message)
        self._waiting.set()

    def end(self) -> None:
        """Let the iteration end after what has come."""
        self._closed = True
        self._waiting.set()

    def __aiter__(self) -> _LocalSubscription[M]:
        return self

    async def __anext__(self) -> M | Resync:
        while not self._messages:
            if self._closed:
                raise StopAsyncIteration
            self._waiting.clear()
            await self._waiting.wait()
        return self._messages.popleft()

    async def __aenter__(self) -> _LocalSubscription[M]:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Stop; a waiting iteration ends."""
        self._owner.leave(self._topic, self)
        self._messages.clear()
        self.end()


class LocalTopics(Generic[M]):
    """`Topics` within this process."""

    def __init__(self, capacity: int = _MESSAGES_AT_MOST) -> None:
        if capacity < 1:
            raise ValueError(f"a subscriber holds at least one message, got {capacity}")
        self._capacity = capacity
        # Weak, so that a subscription that nobody closed goes when nobody holds it.
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

    def leave(self, topic: str, subscription: _LocalSubscription[M]) -> None:
        """Forget a subscription."""
        subscribers = self._subscribers.get(topic)
        if subscribers is not None:
            subscribers.discard(subscription)
            if not subscribers:
                del self._subscribers[topic]

    def count(self, topic: str) -> int:
        """How many subscribe to `topic`."""
        return len(self._subscribers.get(topic, ()))

    async def close(self) -> None:
        """End every subscription."""
        for subscribers in tuple(self._subscribers.values()):
            for subscriber in tuple(subscribers):
                await subscriber.aclose()
