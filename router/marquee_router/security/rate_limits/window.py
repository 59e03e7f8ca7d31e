"""`SlidingWindow`: counts of this process, by subject. Plain dictionaries, no task, no lock: a hit is under a
microsecond (the `limits` library's memory storage takes nine, and scans all its keys after each).
"""

from __future__ import annotations

import math
from typing import Final

from marquee_router.config.model import Rate

_SUBJECTS_AT_MOST: Final = 50_000


class SlidingWindow:
    """The sliding window counter: this window's hits, and the last one's by how much of it still counts."""

    __slots__ = ("_capacity", "_current", "_index", "_previous", "_seconds", "limit")

    def __init__(self, rate: Rate, capacity: int = _SUBJECTS_AT_MOST) -> None:
        self.limit = rate.limit
        self._seconds = rate.seconds
        self._capacity = capacity
        self._index = 0
        self._current: dict[str, int] = {}
        self._previous: dict[str, int] = {}

    def hit(self, subject: str, now: float) -> float:
        """How often `subject` came within the window, this time included; above `limit` it is not counted.

        `now` is in seconds and never goes back.
        """
        position = now / self._seconds
        index = int(position)
        if index != self._index:
            self._previous = self._current if index == self._index + 1 else {}
            self._current = {}
            self._index = index
        count = self._current.get(subject, 0) + 1
        before = self._previous.get(subject)
        weighted = count if before is None else count + before * (1.0 - (position - index))
        if weighted <= self.limit:
            if count == 1 and len(self._current) >= self._capacity:
                del self._current[next(iter(self._current))]
            self._current[subject] = count
        return weighted

    def retry_after_seconds(self, subject: str, now: float) -> int:
        """When the next hit of a refused subject would be counted, at least 1."""
        position = now / self._seconds
        room = self.limit - 1 - self._current.get(subject, 0)
        if room >= 0:
            before = self._previous.get(subject, 0)
            free_at = self._index + 1 - (room / before if before else 1.0)
        else:
            free_at = self._index + 2 - (self.limit - 1) / self._current[subject]
        return max(1, math.ceil((free_at - position) * self._seconds))
