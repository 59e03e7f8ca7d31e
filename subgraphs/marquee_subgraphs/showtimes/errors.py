"""What showtimes refuses beyond the shared refusals. The annotated fields are those that clients see.

Refusal
├── ShowtimeOverlap         the auditorium is taken at that time; carries the showtimes in the way
└── ShowtimeNotChangeable   the showtime has begun, has ended or is cancelled
"""

from __future__ import annotations

from collections.abc import Sequence

from marquee_subgraphs.kit.refusals import Refusal
from marquee_subgraphs.showtimes.domain.showtimes import ShowtimeRecord


class ShowtimeOverlap(Refusal):
    """The auditorium is taken at that time, cleaning included."""

    code = "SHOWTIME_OVERLAP"
    conflicts_with: Sequence[ShowtimeRecord]

    def __init__(self, conflicts_with: Sequence[ShowtimeRecord]) -> None:
        super().__init__("The auditorium is taken at that time, cleaning included.", ["input", "startsAt"])
        self.conflicts_with = conflicts_with


class ShowtimeNotChangeable(Refusal):
    """It has begun, ended or been cancelled."""

    code = "SHOWTIME_NOT_CHANGEABLE"
