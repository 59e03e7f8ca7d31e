"""A map that is bounded in entries and in bytes, and drops the least recently used entry first."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class LeastRecentlyUsed(Generic[K, V]):
    """At most `capacity` entries, of `max_bytes` together; `get` and `put` make an entry recent.

    Values are not None. Not safe for threads.
    """

    __slots__ = ("_capacity", "_entries", "_max_bytes", "_sizes", "bytes")

    def __init__(self, capacity: int, max_bytes: int | None = None) -> None:
        self._capacity = capacity
        self._max_bytes = max_bytes
        self._entries: OrderedDict[K, V] = OrderedDict()
        # Only entries that have a size: most maps are bounded by their number of entries alone.
        self._sizes: dict[K, int] = {}
        self.bytes = 0
        """The sizes of all entries together."""

    def get(self, key: K) -> V | None:
        """Return the value of `key`, which becomes the most recent; None if there is none."""
        found = self._entries.get(key)
        if found is not None:
            self._entries.move_to_end(key)
        return found

    def put(self, key: K, value: V, size: int = 0) -> None:
        """Keep `value`, of `size` bytes, and drop the oldest entries until the rest fits.

        A value larger than `max_bytes` is not kept: it would drop all others and then itself.
        """
        if self._max_bytes is not None and size > self._max_bytes:
            return
        self._resize(key, size)
        self._entries[key] = value
        self._entries.move_to_end(key)
        while len(self._entries) > self._capacity or (
            self._max_bytes is not None and self.bytes > self._max_bytes
        ):
            oldest, _ = self._entries.popitem(last=False)
            self._resize(oldest, 0)

    def pop(self, key: K) -> V | None:
        """Remove `key`, and return its value; None if there is none."""
        self._resize(key, 0)
        return self._entries.pop(key, None)

    def clear(self) -> None:
        """Remove every entry."""
        self._entries.clear()
        self._sizes.clear()
        self.bytes = 0

    def copy(self) -> LeastRecentlyUsed[K, V]:
        """Return a map with the same bounds and entries."""
        copy: LeastRecentlyUsed[K, V] = LeastRecentlyUsed(self._capacity, self._max_bytes)
        copy._entries, copy._sizes, copy.bytes = self._entries.copy(), self._sizes.copy(), self.bytes
        return copy

    def __len__(self) -> int:
        return len(self._entries)

    def recent(self) -> Iterator[K]:
        """Iterate over the keys, the most recent first."""
        return reversed(self._entries)

    def _resize(self, key: K, size: int) -> None:
        if size or key in self._sizes:
            self.bytes += size - self._sizes.pop(key, 0)
            if size:
                self._sizes[key] = size
