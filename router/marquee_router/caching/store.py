"""`Store`: where cached replies are: in this process, or in Redis for all processes.

An entry is stamped with its marks and is valid while these are unchanged: an invalidation changes a mark and
never looks for entries. A reply that was requested before a change and arrives after it has the old marks,
so it is never valid.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from marquee_foundation.lru import LeastRecentlyUsed

_ENTRIES_AT_MOST: Final = 1_000_000
_MARKS_AT_MOST: Final = 100_000
_ENTRY_BYTES: Final = 300
"""Of one entry beside its content, estimated."""


class Entry(NamedTuple):
    """A reply to keep."""

    key: str
    content: bytes
    ttl_seconds: int


@dataclass(frozen=True, slots=True)
class Held:
    """The contents and marks in a store, in the order of the request."""

    contents: list[bytes | None]
    marks: list[bytes]


class Store(Protocol):
    """Keeps bytes for a time. Its methods never raise."""

    async def get(self, keys: Sequence[str], marks: Sequence[str]) -> Held | None:
        """Return contents and marks; None if the store is down: then nothing is to be kept."""
        ...

    async def put(self, entries: Sequence[Entry]) -> None:
        """Keep these entries."""
        ...

    async def mark(self, marks: Iterable[str]) -> None:
        """Change these marks, for every later `get`."""
        ...

    async def aclose(self) -> None:
        """Close connections."""
        ...


class MemoryStore:
    """A store in this process, of at most `max_bytes`."""

    def __init__(self, max_bytes: int, *, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._max_bytes = max_bytes
        self._entries = self._empty()
        self._marks: dict[str, bytes] = {}
        self._unmarked = b"0"
        self._changes = 0

    def _empty(self) -> LeastRecentlyUsed[str, tuple[float, bytes]]:
        return LeastRecentlyUsed(_ENTRIES_AT_MOST, self._max_bytes)

    @property
    def bytes(self) -> int:
        """The estimated size of all entries."""
        return self._entries.bytes

    async def get(self, keys: Sequence[str], marks: Sequence[str]) -> Held | None:
        """As `Store.get`."""
        now, known = self._now(), self._marks
        contents: list[bytes | None] = []
        for key in keys:
            entry = self._entries.get(key)
            contents.append(entry[1] if entry is not None and entry[0] > now else None)
        return Held(contents, [known.get(mark, self._unmarked) for mark in marks])

    async def put(self, entries: Sequence[Entry]) -> None:
        """As `Store.put`."""
        now = self._now()
        for key, content, ttl_seconds in entries:
            size = len(key) + len(content) + _ENTRY_BYTES
            self._entries.put(key, (now + ttl_seconds, content), size)

    async def mark(self, marks: Iterable[str]) -> None:
        """As `Store.mark`. With too many marks, all entries and marks are dropped."""
        self._changes += 1
        token = b"%d" % self._changes
        for mark in marks:
            self._marks[mark] = token
        if len(self._marks) > _MARKS_AT_MOST:
            self._entries, self._marks, self._unmarked = self._empty(), {}, token

    async def aclose(self) -> None:
        """Nothing is open."""
