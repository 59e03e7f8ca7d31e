"""`BoundedQueue`: items for one consumer, never more than a bound. Must never make a producer wait.

For events of which the newest matter most: a consumer that is too slow loses the oldest.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Generic, Self, TypeVar

T = TypeVar("T")


class BoundedQueue(Generic[T]):
    """Iterated by one task; filled on the same event loop."""

    __slots__ = ("_capacity", "_ended", "_items", "_waiter")

    def __init__(self, capacity: int) -> None:
        """Raises `ValueError` if there is no room for one item."""
        if capacity < 1:
            raise ValueError(f"a queue holds at least one item, got {capacity}")
        self._capacity = capacity
        self._items: deque[T] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._ended = False

    @property
    def is_full(self) -> bool:
        """True if the next item drops the oldest."""
        return len(self._items) >= self._capacity

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: T) -> None:
        """Add an item; the oldest makes room for it."""
        if self.is_full:
            self._items.popleft()
        self._items.append(item)
        self._wake()

    def replace(self, *items: T) -> None:
        """Put these items, however many they are, in place of all that are queued."""
        self._items = deque(items)
        self._wake()

    def end(self) -> None:
        """End the iteration after the items that are queued."""
        self._ended = True
        self._wake()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        while not self._items:
            if self._ended:
                raise StopAsyncIteration
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        return self._items.popleft()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
