"""Clocks tell aware UTC time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from marquee_subgraphs.kit.clock import FrozenClock, SystemClock


def test_the_system_clock_is_aware_and_goes_on() -> None:
    clock = SystemClock()
    first = clock.now()

    assert first.tzinfo is UTC
    assert clock.now() >= first


def test_the_frozen_clock_moves_only_when_told() -> None:
    clock = FrozenClock(datetime(2026, 1, 1, 20, tzinfo=timezone(timedelta(hours=-5))))

    assert clock.now() == clock.now() == datetime(2026, 1, 2, 1, tzinfo=UTC)
    assert clock.advance(timedelta(minutes=10)) == clock.now() == datetime(2026, 1, 2, 1, 10, tzinfo=UTC)
