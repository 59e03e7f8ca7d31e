"""Buckets: each hit fills the bucket of its subject by one, time empties it steadily, a full one refuses.

Must never guard an invariant: buckets slow people down, they do not forbid.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from marquee_foundation.lru import LeastRecentlyUsed

_ROUNDING: Final = 1e-6
_SUBJECTS_AT_MOST: Final = 20_000


@dataclass(frozen=True, slots=True)
class Bucket:
    """`subject` may do something `times` at once, and as often again in each `window`."""

    subject: str
    times: int
    window: timedelta

    def seconds_until_room(self, level: float) -> int:
        """Return when a bucket that is filled to `level` has room for one more hit; 0 if it has room now."""
        surplus = level - (self.times - 1)
        if surplus <= _ROUNDING:
            return 0
        return max(1, math.ceil(surplus * self.window.total_seconds() / self.times - _ROUNDING))

    def emptied(self, level: float, elapsed: timedelta) -> float:
        """Return the level after `elapsed`: a whole bucket of ten in 15 minutes loses one in 90 seconds."""
        return max(0.0, level - self.times * (elapsed / self.window))


class Buckets(Protocol):
    """Where buckets are kept. Times are given, so that callers decide by which clock."""

    async def look(self, buckets: Sequence[Bucket], now: datetime) -> int:
        """Return the seconds until each bucket has room, 0 if all have; count nothing."""
        ...

    async def count(self, buckets: Sequence[Bucket], now: datetime) -> None:
        """Count one hit into each bucket that is not full."""
        ...

    async def take(self, bucket: Bucket, now: datetime) -> int:
        """Count one hit and return 0. A full bucket counts nothing, and returns the seconds to wait."""
        ...

    async def forget(self, bucket: Bucket) -> None:
        """Empty a bucket."""
        ...


class MemoryBuckets:
    """Buckets of this process, of the subjects that were active most recently."""

    def __init__(self, subjects_at_most: int = _SUBJECTS_AT_MOST) -> None:
        self._levels: LeastRecentlyUsed[str, tuple[float, datetime]] = LeastRecentlyUsed(subjects_at_most)

    async def look(self, buckets: Sequence[Bucket], now: datetime) -> int:
        """As `Buckets.look`."""
        return max((bucket.seconds_until_room(self._level(bucket, now)) for bucket in buckets), default=0)

    async def count(self, buckets: Sequence[Bucket], now: datetime) -> None:
        """As `Buckets.count`."""
        for bucket in buckets:
            self._levels.put(bucket.subject, (min(bucket.times, self._level(bucket, now) + 1), now))

    async def take(self, bucket: Bucket, now: datetime) -> int:
        """As `Buckets.take`."""
        wait = await self.look([bucket], now)
        if not wait:
            await self.count([bucket], now)
        return wait

    async def forget(self, bucket: Bucket) -> None:
        """As `Buckets.forget`."""
        self._levels.pop(bucket.subject)

    def _level(self, bucket: Bucket, now: datetime) -> float:
        level, at = self._levels.get(bucket.subject) or (0.0, now)
        return bucket.emptied(level, now - at)
