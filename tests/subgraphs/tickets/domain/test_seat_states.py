"""The states of seats by the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from marquee_subgraphs.tickets.domain.seat_states import SeatState, SeatStatus, count_of_user, free_seats

NOW = datetime(2026, 1, 15, 18, 0, tzinfo=UTC)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


class TestSeatStates:
    def test_an_expired_hold_reads_available_though_nobody_swept(self) -> None:
        held = SeatState("A1", SeatStatus.HELD, "hold_1", NOW, "usr_ana")
        assert held.status_at(NOW - minutes(1)) is SeatStatus.HELD
        assert held.status_at(NOW) is SeatStatus.AVAILABLE
        assert free_seats(["A1", "A2"], {"A1": held}, NOW) == {"A1", "A2"}
        assert count_of_user([held], "usr_ana", NOW) == 0
        assert count_of_user([held], "usr_ana", NOW - minutes(1)) == 1
