"""`MemoryPace`: buckets of this process, of the 20,000 subjects that did something most recently."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from marquee_subgraphs.kit.pace.pace import Bucket

_REMEMBERED: Final = 20_000


class MemoryPace:
    """`Pace` of this process."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[str, tuple[float, datetime]] = OrderedDict()

    async def check(self, buckets: Sequence[Bucket], now: datetime) -> None:
        """Raise `RateLimited` when one of the buckets is full; counts nothing."""
        for bucket in buckets:
            bucket.refuse(self._level(bucket, now))

    async def count(self, buckets: Sequence[Bucket], now: datetime) -> None:
        """Count one time into each bucket that is not full."""
        for bucket in buckets:
            self._buckets[bucket.subject] = (min(bucket.times, self._level(bucket, now) + 1), now)
            self._buckets.move_to_end(bucket.subject)
        while len(self._buckets) > _REMEMBERED:
            self._buckets.popitem(last=False)

    async def take(self, bucket: Bucket, now: datetime) -> None:
        """Count one time; raises `RateLimited`, and counts nothing, when the bucket is full."""
        bucket.refuse(self._level(bucket, now))
        await self.count([bucket], now)

    async def forget(self, bucket: Bucket) -> None:
        """Empty a bucket."""
        self._buckets.pop(bucket.subject, None)

    def _level(self, bucket: Bucket, now: datetime) -> float:
        level, at = self._buckets.get(bucket.subject, (0.0, now))
        return max(0.0, level - bucket.times * ((now - at) / bucket.window))
