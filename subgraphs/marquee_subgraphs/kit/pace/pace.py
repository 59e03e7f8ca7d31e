"""`Pace`: how often somebody may do something. A bucket a subject: each time fills it, time empties it, a
full one refuses.

Must never be asked to guard an invariant: it slows people down, it does not forbid.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol

from marquee_subgraphs.kit.refusals import RateLimited

_ROUNDING: Final = 1e-6


@dataclass(frozen=True, slots=True)
class Bucket:
    """`subject` may do this `times` at once, and as often again in each `window`."""

    subject: str
    times: int
    window: timedelta

    def refuse(self, level: float) -> None:
        """Raise `RateLimited`, with when there will be room, if a bucket filled so far has none."""
        surplus = level - (self.times - 1)
        if surplus > _ROUNDING:
            seconds = surplus * self.window.total_seconds() / self.times
            raise RateLimited(max(1, math.ceil(seconds - _ROUNDING)))


class Pace(Protocol):
    """Counts what subjects do."""

    async def check(self, buckets: Sequence[Bucket], now: datetime) -> None:
        """Raise `RateLimited` when one of the buckets is full; counts nothing."""
        ...

    async def count(self, buckets: Sequence[Bucket], now: datetime) -> None:
        """Count one time into each bucket that is not full."""
        ...

    async def take(self, bucket: Bucket, now: datetime) -> None:
        """Count one time; raises `RateLimited`, and counts nothing, when the bucket is full."""
        ...

    async def forget(self, bucket: Bucket) -> None:
        """Empty a bucket."""
        ...
