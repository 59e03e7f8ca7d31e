"""What showtimes refuses beyond the shared refusals.

Refusal
├── ShowtimeOverlap      the auditorium is taken then, cleaning included
└── ShowtimeNotChangeable   it has begun, ended or been cancelled
"""

from __future__ import annotations

from collections.abc import Sequence

from marquee_subgraphs.kit.refusals import Refusal


class ShowtimeOverlap(Refusal):
    """The auditorium is taken at that time; `conflicting_ids` are the showtimes in the way."""

    code = "SHOWTIME_OVERLAP"

    def __init__(self, conflicting_ids: Sequence[str]) -> None:
        super().__init__("The auditorium is taken at that time, cleaning included.", ["input", "startsAt"])
        self.conflicting_ids = tuple(conflicting_ids)


class ShowtimeNotChangeable(Refusal):
    """The showtime has begun, has ended or is cancelled."""

    code = "SHOWTIME_NOT_CHANGEABLE"
