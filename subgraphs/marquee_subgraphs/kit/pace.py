"""`Pace`: how often somebody may do something, refused as `RateLimited`.

Must never guard an invariant: it slows people down, it does not forbid.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from marquee_foundation.rates.buckets import Bucket, Buckets
from marquee_subgraphs.kit.refusals import RateLimited

__all__ = ["Bucket", "Pace"]


class Pace:
    """The rates of one subgraph."""

    def __init__(self, buckets: Buckets) -> None:
        self._buckets = buckets

    async def check(self, buckets: Sequence[Bucket], now: datetime) -> None:
        """Raise `RateLimited` if one of the buckets is full; count nothing."""
        _refuse(await self._buckets.look(buckets, now))

    async def count(self, buckets: Sequence[Bucket], now: datetime) -> None:
        """Count one hit into each bucket that is not full."""
        await self._buckets.count(buckets, now)

    async def take(self, bucket: Bucket, now: datetime) -> None:
        """Count one hit; raise `RateLimited`, and count nothing, if the bucket is full."""
        _refuse(await self._buckets.take(bucket, now))

    async def forget(self, bucket: Bucket) -> None:
        """Empty a bucket."""
        await self._buckets.forget(bucket)


def _refuse(retry_after_seconds: int) -> None:
    if retry_after_seconds:
        raise RateLimited(retry_after_seconds)
