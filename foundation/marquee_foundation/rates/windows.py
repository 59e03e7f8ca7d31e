"""`WindowRate`: hits of each subject, counted in this process by the sliding window counter of `limits`.

The count of a subject is its hits in the present window, plus those in the window before, weighted by how
much of that window the last `seconds` still cover: 10 hits before and 2 now, a quarter into the window, count
as 10 x 0.75 + 2 = 9.5.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Final

from limits import RateLimitItem, RateLimitItemPerSecond
from limits.storage import SlidingWindowCounterSupport, Storage
from limits.strategies import SlidingWindowCounterRateLimiter

_SUBJECTS_AT_MOST: Final = 50_000
_ROUNDING: Final = 1e-6


class WindowRate:
    """At most `limit` hits of a subject in any `seconds`."""

    def __init__(
        self,
        limit: int,
        seconds: int,
        *,
        subjects_at_most: int = _SUBJECTS_AT_MOST,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """A subject beyond `subjects_at_most` drops the one that came first. `now` returns seconds."""
        self.item: RateLimitItem = RateLimitItemPerSecond(limit, seconds)
        self._limiter = SlidingWindowCounterRateLimiter(_BoundedStorage(subjects_at_most, now))

    def hit(self, subject: str) -> bool:
        """Count a hit; return False, and count nothing, when the rate is used up."""
        return self._limiter.hit(self.item, subject)

    def used(self, subject: str) -> float:
        """Return how much of the limit `subject` has used."""
        previous, previous_expires_in, current, _ = self._window(subject)
        return current + previous * previous_expires_in / self.item.get_expiry()

    def retry_after_seconds(self, subject: str) -> int:
        """Return when a refused subject has room for one more hit, at least 1."""
        return seconds_until_room(self.item, self._window(subject))

    def _window(self, subject: str) -> tuple[int, float, int, float]:
        storage = self._limiter.storage
        assert isinstance(storage, _BoundedStorage)
        return storage.get_sliding_window(self.item.key_for(subject), self.item.get_expiry())


def seconds_until_room(item: RateLimitItem, window: tuple[int, float, int, float]) -> int:
    """Return in how many seconds a window has room for one more hit, at least 1.

    `window` is what a storage's `get_sliding_window` returns: the previous count and the seconds until it
    counts no more, the current count and the seconds until it is dropped (that is one period after it has
    become the previous one).
    """
    previous, previous_expires_in, current, current_expires_in = window
    period = item.get_expiry()
    room = item.amount - 1 - current
    if room >= 0:
        # The previous hits must lose weight until they fit into the room: previous * x / period = room.
        wait = previous_expires_in - period * room / previous if previous else 0.0
    else:
        # The current hits must become the previous ones first, and then lose weight.
        ends_in = current_expires_in - period if current_expires_in > period else current_expires_in
        wait = ends_in + period * (1 - (item.amount - 1) / current)
    return max(1, math.ceil(wait - _ROUNDING))


class _BoundedStorage(Storage, SlidingWindowCounterSupport):
    """Counts of the sliding window strategy for one period, in two dictionaries that are swapped.

    The memory storage of `limits` starts a thread that scans every key after each hit; here a hit costs two
    look-ups, and what is remembered is bounded: a client with many addresses cannot fill the memory.
    """

    def __init__(self, keys_at_most: int, now: Callable[[], float]) -> None:
        super().__init__()
        self._keys_at_most = keys_at_most
        self._now = now
        self._index = 0
        self._current: dict[str, int] = {}
        self._previous: dict[str, int] = {}

    def acquire_sliding_window_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        elapsed = self._advance(expiry)
        count = self._current.get(key, 0) + amount
        before = self._previous.get(key)
        if count + (0 if before is None else before * (1.0 - elapsed)) > limit:
            return False
        if len(self._current) >= self._keys_at_most and key not in self._current:
            del self._current[next(iter(self._current))]
        self._current[key] = count
        return True

    def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        ends_in = (1.0 - self._advance(expiry)) * expiry
        return self._previous.get(key, 0), ends_in, self._current.get(key, 0), ends_in + expiry

    def clear_sliding_window(self, key: str, expiry: int) -> None:
        self._previous.pop(key, None)
        self._current.pop(key, None)

    def _advance(self, expiry: int) -> float:
        """Make the window of the present time the current one; return which part of it has passed."""
        position = self._now() / expiry
        index = int(position)
        if index != self._index:
            self._previous = self._current if index == self._index + 1 else {}
            self._current = {}
            self._index = index
        return position - index

    # What `limits` demands of every storage beside its strategy.

    @property
    def base_exceptions(self) -> type[Exception]:
        return ValueError

    def get(self, key: str) -> int:
        return self._current.get(key, 0)

    def clear(self, key: str) -> None:
        self.clear_sliding_window(key, 0)

    def check(self) -> bool:
        return True

    def reset(self) -> int | None:
        count = len(self._current)
        self._previous, self._current = {}, {}
        return count

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        raise NotImplementedError("this storage counts sliding windows only")

    def get_expiry(self, key: str) -> float:
        raise NotImplementedError("this storage counts sliding windows only")
