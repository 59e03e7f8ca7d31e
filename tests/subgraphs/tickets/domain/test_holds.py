"""Holds: how long, and how much longer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from marquee_subgraphs.tickets.domain.holds import Hold

NOW = datetime(2026, 1, 15, 18, 0, tzinfo=UTC)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


class TestHolds:
    hold = Hold("hold_1", "sht_1", None, NOW, NOW + minutes(10))

    def test_a_hold_is_over_at_the_very_moment(self) -> None:
        assert self.hold.is_live(NOW + minutes(10) - timedelta(microseconds=1))
        assert not self.hold.is_live(NOW + minutes(10))

    def test_it_is_extended_to_thirty_minutes_in_all(self) -> None:
        assert self.hold.extended(NOW + minutes(5)) == NOW + minutes(15)
        late = replace(self.hold, expires_at=NOW + minutes(29))
        assert late.extended(NOW + minutes(28)) == NOW + minutes(30)

    def test_a_payment_may_keep_it_five_minutes_longer_and_never_shortens_it(self) -> None:
        assert self.hold.leased(NOW + minutes(60)) == NOW + minutes(35)
        assert self.hold.leased(NOW + minutes(2)) == NOW + minutes(10)
