"""Cinemas, auditoriums and showtimes: their records, and when a film may be shown. Time is an argument."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from marquee_subgraphs.kit.money import Currency, Money

TRAILERS: Final = timedelta(minutes=15)
"""Time between the announced start and the film."""
CLEANING_GAP: Final = timedelta(minutes=20)
"""Time between the end of a showtime and the start of the next in the same auditorium."""
SALES_CLOSE_AFTER_START: Final = timedelta(minutes=10)
FURTHEST_AHEAD: Final = timedelta(days=400)
HIGHEST_PRICE_MINOR_UNITS: Final = 100_000


class ScreenFormat(StrEnum):
    """How the film is projected."""

    TWO_D = "TWO_D"
    THREE_D = "THREE_D"
    IMAX = "IMAX"


class ShowtimeStatus(StrEnum):
    """The state of a showtime. `ENDED` follows from the clock and is never stored."""

    SCHEDULED = "SCHEDULED"
    CANCELLED = "CANCELLED"
    ENDED = "ENDED"


@dataclass(frozen=True, slots=True)
class MovieRecord:
    """What this subgraph keeps of a film, from the events of movies."""

    id: str
    title: str
    runtime_minutes: int
    is_active: bool


@dataclass(frozen=True, slots=True)
class CinemaRecord:
    """A building. Its time zone and its currency apply to everything in it."""

    id: str
    name: str
    city: str
    address: str
    time_zone: str
    currency: Currency
    seat_count: int = 0


@dataclass(frozen=True, slots=True)
class AuditoriumRecord:
    """A room, without its seats: they are many and rarely needed."""

    id: str
    cinema_id: str
    name: str
    curved: bool
    seat_count: int


@dataclass(frozen=True, slots=True)
class ShowtimeRecord:
    """A film in an auditorium at a time."""

    id: str
    movie_id: str
    cinema_id: str
    auditorium_id: str
    starts_at: datetime
    ends_at: datetime
    sales_close_at: datetime
    base_price: Money
    screen_format: ScreenFormat
    language: str
    seat_count: int
    cancelled_reason: str | None

    def status_at(self, now: datetime) -> ShowtimeStatus:
        """Return the state of the showtime at `now`."""
        if self.cancelled_reason is not None:
            return ShowtimeStatus.CANCELLED
        return ShowtimeStatus.ENDED if self.ends_at <= now else ShowtimeStatus.SCHEDULED


@dataclass(frozen=True, slots=True)
class Slot:
    """When a showtime occupies its auditorium, and when its sales close."""

    starts_at: datetime
    ends_at: datetime
    sales_close_at: datetime

    @classmethod
    def of(cls, starts_at: datetime, runtime_minutes: int) -> Slot:
        """Return the slot of a film that is announced for `starts_at`."""
        # Announced for 20:00 with 90 minutes of film: trailers until 20:15, the auditorium empties at 21:45.
        ends_at = starts_at + TRAILERS + timedelta(minutes=runtime_minutes)
        return cls(starts_at, ends_at, starts_at + SALES_CLOSE_AFTER_START)


def start_problem(starts_at: datetime, now: datetime) -> str | None:
    """Return why a showtime may not start at `starts_at`, or None when it may."""
    if starts_at <= now:
        return "must be in the future"
    if starts_at > now + FURTHEST_AHEAD:
        return f"must be within {FURTHEST_AHEAD.days} days"
    return None
