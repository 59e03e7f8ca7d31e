"""A bucket of ten in 15 minutes has room for one more every 90 seconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from marquee_foundation.rates.buckets import Bucket, MemoryBuckets

NOW = datetime(2026, 1, 15, 18, 0, tzinfo=UTC)
TEN = Bucket("account ana", 10, timedelta(minutes=15))


@pytest.mark.parametrize(("level", "seconds"), [(0.0, 0), (9.0, 0), (9.5, 45), (10.0, 90)])
def test_when_a_bucket_has_room_again(level: float, seconds: int) -> None:
    assert TEN.seconds_until_room(level) == seconds


def test_time_empties_a_bucket_steadily() -> None:
    assert TEN.emptied(10.0, timedelta(seconds=90)) == pytest.approx(9.0)
    assert TEN.emptied(10.0, timedelta(hours=1)) == 0.0


async def test_a_full_bucket_refuses_and_counts_nothing() -> None:
    buckets = MemoryBuckets()
    assert [await buckets.take(TEN, NOW) for _ in range(12)] == [0] * 10 + [90, 90]
    assert await buckets.look([TEN], NOW + timedelta(seconds=89)) == 1
    assert await buckets.take(TEN, NOW + timedelta(seconds=90)) == 0


async def test_the_fullest_of_several_decides() -> None:
    buckets, two = MemoryBuckets(), Bucket("address", 2, timedelta(minutes=1))
    for _ in range(2):
        await buckets.count([TEN, two], NOW)
    assert await buckets.look([TEN, two], NOW) == 30
    assert await buckets.look([TEN], NOW) == 0
    assert await buckets.look([], NOW) == 0


async def test_a_forgotten_bucket_is_empty_and_old_subjects_are_dropped() -> None:
    buckets, one = MemoryBuckets(subjects_at_most=2), timedelta(minutes=1)
    first, second, third = (Bucket(name, 1, one) for name in "abc")
    for bucket in (first, second):
        await buckets.count([bucket], NOW)
    await buckets.forget(second)
    assert await buckets.look([second], NOW) == 0
    for bucket in (second, third):
        await buckets.count([bucket], NOW)
    assert [await buckets.look([bucket], NOW) for bucket in (first, second, third)] == [0, 60, 60]
