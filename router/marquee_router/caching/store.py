"""Where kept replies are: in this process, or in Redis for all.

An entry is worth as much as the marks it was stamped with: to forget is to change a mark, never to look for
entries. So what was asked for before a change and arrives after it is worth nothing from the start.
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
    """Something to keep."""

    key: str
    content: bytes
    ttl_seconds: int


@dataclass(frozen=True, slots=True)
class Held:
    """What a store has for some keys and marks, in their order."""

    contents: list[bytes | None]
    marks: list[bytes]


class Store(Protocol):
    """Keeps bytes for a time."""

    async def get(self, keys: Sequence[str], marks: Sequence[str]) -> Held | None:
        """What is held; None when the store cannot be asked: nothing is to be kept then."""
        ...

    async def put(self, entries: Sequence[Entry]) -> None:
        """Keep these; never raises."""
        ...

    async def mark(self, marks: Iterable[str]) -> None:
        """Change these marks, for everybody who asks from now on; never raises."""
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
        """What is held, estimated."""
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
        """As `Store.mark`. When there are too many marks all is forgotten, and they begin anew."""
        self._changes += 1
        token = b"%d" % self._changes
        for mark in marks:
            self._marks[mark] = token
        if len(self._marks) > _MARKS_AT_MOST:
            self._entries, self._marks, self._unmarked = self._empty(), {}, token

    async def aclose(self) -> None:
        """Nothing is open."""
