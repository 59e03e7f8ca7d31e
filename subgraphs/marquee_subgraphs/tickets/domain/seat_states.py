"""The states of seats, by the clock. A seat without a row is available."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class SeatStatus(StrEnum):
    """The state of a seat, as clients see it."""

    AVAILABLE = "AVAILABLE"
    HELD = "HELD"
    SOLD = "SOLD"
    CHECKED_IN = "CHECKED_IN"
    BLOCKED = "BLOCKED"


@dataclass(frozen=True, slots=True)
class SeatState:
    """The row of one seat. An expired hold stays in the row, and the seat is available."""

    label: str
    status: SeatStatus
    hold_id: str | None = None
    held_until: datetime | None = None
    user_id: str | None = None
    order_id: str | None = None

    def status_at(self, now: datetime) -> SeatStatus:
        """Return the status by the clock: a seat of an expired hold is available, swept or not.

        The claim itself is guarded by the same rule in the database: `store.seats._claim`.
        """
        if self.status is SeatStatus.HELD and (self.held_until is None or self.held_until <= now):
            return SeatStatus.AVAILABLE
        return self.status


def free_seats(labels: Iterable[str], states: Mapping[str, SeatState], now: datetime) -> set[str]:
    """Return which of `labels` are available now."""
    return {
        label
        for label in labels
        if (state := states.get(label)) is None or state.status_at(now) is SeatStatus.AVAILABLE
    }


def count_of_user(states: Iterable[SeatState], user_id: str, now: datetime) -> int:
    """Count the seats that a user holds or has bought."""
    return sum(
        1
        for state in states
        if state.user_id == user_id and state.status_at(now) not in (SeatStatus.AVAILABLE, SeatStatus.BLOCKED)
    )
