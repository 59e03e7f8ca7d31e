"""The events that analytics consumes, each with the fields that its handler reads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator

from marquee_subgraphs.kit.events import Amount, ConsumedEvent, Instant, Text


def _known_zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (KeyError, ValueError) as error:
        raise ValueError("it is no time zone") from error


TimeZone = Annotated[str, AfterValidator(_known_zone)]
"""The name of a time zone, as `America/Lima`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CinemaCreated(ConsumedEvent):
    """There is a new cinema."""

    TYPES = ("cinema.created",)
    cinema_id: Text
    name: Text
    time_zone: TimeZone


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditoriumCreated(ConsumedEvent):
    """There is a new auditorium."""

    TYPES = ("auditorium.created",)
    auditorium_id: Text
    cinema_id: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class MovieChanged(ConsumedEvent):
    """A film was created, changed or archived."""

    TYPES = ("movie.created", "movie.updated", "movie.archived")
    movie_id: Text
    title: Text
    genres: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowtimeScheduled(ConsumedEvent):
    """There is a new showtime."""

    TYPES = ("showtime.scheduled",)
    showtime_id: Text
    movie_id: Text
    movie_title: Text
    cinema_id: Text
    auditorium_id: Text
    time_zone: TimeZone
    starts_at: Instant
    seats: tuple[object, ...]
    """Only their number is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowtimeRescheduled(ConsumedEvent):
    """A showtime starts at another time."""

    TYPES = ("showtime.rescheduled",)
    showtime_id: Text
    starts_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowtimeCancelled(ConsumedEvent):
    """A showtime will not take place."""

    TYPES = ("showtime.cancelled",)
    showtime_id: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seats(ConsumedEvent):
    showtime_id: Text
    seat_labels: tuple[str, ...]


class SeatsSold(_Seats):
    """An order bought these seats."""

    TYPES = ("seats.sold",)


class SeatsReleased(_Seats):
    """These seats are free again."""

    TYPES = ("seats.released",)


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentFacts(ConsumedEvent):
    """The fields that the events about the money of an order share."""

    payment_id: Text
    order_id: Text
    user_id: str | None = None
    """None for a guest."""
    movie_id: Text
    showtime_id: Text
    cinema_id: Text
    amount: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentCaptured(PaymentFacts):
    """The money of an order was taken."""

    TYPES = ("payment.captured",)
    seat_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundCompleted(PaymentFacts):
    """Some or all of a payment was given back, with the tickets that it names."""

    TYPES = ("refund.completed",)
    refund_id: Text
    ticket_ids: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketScanned(ConsumedEvent):
    """The fields that the events of check-in share."""

    ticket_id: Text
    user_id: str | None = None
    movie_id: Text
    showtime_id: Text
    at: Instant


class TicketCheckedIn(TicketScanned):
    """Somebody entered with a ticket."""

    TYPES = ("ticket.checked_in",)


class TicketCheckInUndone(TicketScanned):
    """Staff took a check-in back."""

    TYPES = ("ticket.check_in_undone",)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRegistered(ConsumedEvent):
    """There is a new person."""

    TYPES = ("user.registered",)
    user_id: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewCreated(ConsumedEvent):
    """A person reviewed a film."""

    TYPES = ("review.created",)
    user_id: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class UserErasureRequested(ConsumedEvent):
    """A person asks to be forgotten."""

    TYPES = ("user.erasure_requested",)
    user_id: Text
