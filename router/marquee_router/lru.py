"""A map bounded in entries and in bytes, that forgets what was used least recently."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class LeastRecentlyUsed(Generic[K, V]):
    """At most `capacity` entries of `max_bytes` together; a read makes an entry recent."""

    __slots__ = ("_capacity", "_entries", "_max_bytes", "_sizes", "bytes")

    def __init__(self, capacity: int, max_bytes: int | None = None) -> None:
        self._capacity = capacity
        self._max_bytes = max_bytes
        self._entries: OrderedDict[K, V] = OrderedDict()
        self._sizes: dict[K, int] = {}
        self.bytes = 0
        """Of all entries, as they were said to have."""

    def get(self, key: K) -> V | None:
        """The value of `key`, now the most recent; None when it is not here."""
        found = self._entries.get(key)
        if found is not None:
            self._entries.move_to_end(key)
        return found

    def put(self, key: K, value: V, size: int = 0) -> None:
        """Keep `value` of `size` bytes; the oldest entries go while there is too much.

        One that is larger than all may be is not kept.
        """
        if self._max_bytes is not None and size > self._max_bytes:
            return
        self.bytes += size - self._sizes.get(key, 0)
        self._sizes[key] = size
        self._entries[key] = value
        self._entries.move_to_end(key)
        while len(self._entries) > self._capacity or (
            self._max_bytes is not None and self.bytes > self._max_bytes
        ):
            oldest, _ = self._entries.popitem(last=False)
            self.bytes -= self._sizes.pop(oldest)

    def __len__(self) -> int:
        return len(self._entries)

    def recent(self) -> Iterator[K]:
        """Keys, the most recent first."""
        return reversed(self._entries)
