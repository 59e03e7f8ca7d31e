"""The events that showtimes publishes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from marquee_subgraphs.kit.events import PublishedEvent
from marquee_subgraphs.kit.money import Currency, Money
from marquee_subgraphs.showtimes.domain.layout import SeatPlace
from marquee_subgraphs.showtimes.domain.showtimes import (
    AuditoriumRecord,
    CinemaRecord,
    MovieRecord,
    ScreenFormat,
    ShowtimeRecord,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CinemaCreated(PublishedEvent):
    """A cinema opened. The aggregate is the cinema."""

    TYPE = "cinema.created"
    cinema_id: str
    name: str
    city: str
    time_zone: str
    currency: Currency

    @classmethod
    def of(cls, cinema: CinemaRecord) -> CinemaCreated:
        """Return the event of a new cinema."""
        return cls(
            cinema_id=cinema.id,
            name=cinema.name,
            city=cinema.city,
            time_zone=cinema.time_zone,
            currency=cinema.currency,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditoriumCreated(PublishedEvent):
    """An auditorium opened. The aggregate is the auditorium."""

    TYPE = "auditorium.created"
    auditorium_id: str
    cinema_id: str
    name: str
    seat_count: int

    @classmethod
    def of(cls, auditorium: AuditoriumRecord) -> AuditoriumCreated:
        """Return the event of a new auditorium."""
        return cls(
            auditorium_id=auditorium.id,
            cinema_id=auditorium.cinema_id,
            name=auditorium.name,
            seat_count=auditorium.seat_count,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Slot(PublishedEvent):
    showtime_id: str
    starts_at: datetime
    ends_at: datetime
    sales_close_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowtimeScheduled(_Slot):
    """A film was put on. The aggregate is the showtime.

    Carries the seats of the auditorium: tickets and analytics keep them, and need no other source.
    """

    TYPE = "showtime.scheduled"
    movie_id: str
    movie_title: str
    cinema_id: str
    cinema_name: str
    auditorium_id: str
    auditorium_name: str
    time_zone: str
    base_price: Money
    format: ScreenFormat
    language: str
    curved: bool
    seats: tuple[SeatPlace, ...]

    @classmethod
    def of(
        cls,
        showtime: ShowtimeRecord,
        movie: MovieRecord,
        cinema: CinemaRecord,
        auditorium: AuditoriumRecord,
        seats: Sequence[SeatPlace],
    ) -> ShowtimeScheduled:
        """Return the event of a new showtime of `movie` in `auditorium` of `cinema`."""
        return cls(
            showtime_id=showtime.id,
            starts_at=showtime.starts_at,
            ends_at=showtime.ends_at,
            sales_close_at=showtime.sales_close_at,
            movie_id=movie.id,
            movie_title=movie.title,
            cinema_id=cinema.id,
            cinema_name=cinema.name,
            auditorium_id=auditorium.id,
            auditorium_name=auditorium.name,
            time_zone=cinema.time_zone,
            base_price=showtime.base_price,
            format=showtime.screen_format,
            language=showtime.language,
            curved=auditorium.curved,
            seats=tuple(seats),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowtimeRescheduled(_Slot):
    """A showtime was moved to another time. The aggregate is the showtime."""

    TYPE = "showtime.rescheduled"

    @classmethod
    def of(cls, showtime: ShowtimeRecord) -> ShowtimeRescheduled:
        """Return the event of a showtime with its new times."""
        return cls(
            showtime_id=showtime.id,
            starts_at=showtime.starts_at,
            ends_at=showtime.ends_at,
            sales_close_at=showtime.sales_close_at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowtimeCancelled(PublishedEvent):
    """A showtime will not take place. The aggregate is the showtime."""

    TYPE = "showtime.cancelled"
    showtime_id: str
    movie_title: str
    starts_at: datetime
    reason: str

    @classmethod
    def of(cls, showtime: ShowtimeRecord, movie: MovieRecord, reason: str) -> ShowtimeCancelled:
        """Return the event of a cancelled showtime of `movie`."""
        return cls(
            showtime_id=showtime.id, movie_title=movie.title, starts_at=showtime.starts_at, reason=reason
        )
