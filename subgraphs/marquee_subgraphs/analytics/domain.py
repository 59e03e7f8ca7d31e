"""The records and rules of figures: ranges, and sums of money by currency. Time is an argument."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from marquee_subgraphs.kit.money import Currency, Money
from marquee_subgraphs.kit.refusals import InvalidInput

LONGEST_RANGE: Final = timedelta(days=400)
USUAL_RANGE: Final = timedelta(days=30)
METRICS_DAYS: Final = 7
OCCUPANCY_LOOKS_BACK: Final = timedelta(days=30)
MOST_ROWS: Final = 1_000
TOP_MOVIES: Final = 10
TOP_GENRES: Final = 3
LONGEST_TEXT: Final = 100


class SalesGrouping(StrEnum):
    """What the rows of a sales report stand for."""

    DAY = "DAY"
    MOVIE = "MOVIE"
    CINEMA = "CINEMA"
    SHOWTIME = "SHOWTIME"


class TrackedEvent(StrEnum):
    """What pages report about their visitors."""

    MOVIE_VIEWED = "MOVIE_VIEWED"
    SEARCHED = "SEARCHED"
    SEAT_MAP_OPENED = "SEAT_MAP_OPENED"
    CHECKOUT_STARTED = "CHECKOUT_STARTED"


@dataclass(frozen=True, slots=True)
class Span:
    """The time from `start` (included) to `end` (not included)."""

    start: datetime
    end: datetime

    @classmethod
    def of(cls, start: datetime, end: datetime, *path: str) -> Span:
        """Return a client's range, checked; `path` leads to it in the input. Raises `InvalidInput`."""
        if start >= end:
            raise InvalidInput("from must be before to", [*path, "from"])
        if end - start > LONGEST_RANGE:
            raise InvalidInput(f"a range has at most {LONGEST_RANGE.days} days", [*path, "to"])
        return cls(start, end)

    @classmethod
    def up_to(cls, now: datetime) -> Span:
        """Return the last thirty days, `now` included."""
        return cls(now - USUAL_RANGE, now + timedelta(microseconds=1))


@dataclass(frozen=True, slots=True)
class SalesLine:
    """What a capture adds, or a refund takes away. Its id is theirs, so that none counts twice."""

    id: str
    payment_id: str
    order_id: str
    user_id: str | None
    movie_id: str
    showtime_id: str
    cinema_id: str
    currency: Currency
    at: datetime
    local_date: date
    """In the cinema's time zone."""
    orders: int = 0
    tickets: int = 0
    captured: int = 0
    refunded: int = 0

    def counting(self, orders: int, tickets: int, *, captured: int = 0, refunded: int = 0) -> SalesLine:
        """Return the line with its numbers; money in minor units."""
        return replace(self, orders=orders, tickets=tickets, captured=captured, refunded=refunded)


@dataclass(frozen=True, slots=True)
class Visit:
    """Whether the holder of a ticket is inside."""

    ticket_id: str
    user_id: str | None
    movie_id: str
    showtime_id: str
    at: datetime
    entered: bool


@dataclass(frozen=True, slots=True)
class SalesSum:
    """Lines of one currency summed up, in minor units."""

    key: str
    currency: Currency
    orders: int
    tickets: int
    captured: int
    refunded: int


@dataclass(frozen=True, slots=True)
class SalesFigures:
    """Orders paid, tickets sold less those given back, money taken less money returned."""

    orders: int = 0
    tickets: int = 0
    revenue: Sequence[Money] = ()
    refunded: Sequence[Money] = ()

    @classmethod
    def of(cls, sums: Iterable[SalesSum]) -> SalesFigures:
        """Add up sums; amounts of each currency stay apart."""
        sums = list(sums)
        return cls(
            orders=sum(each.orders for each in sums),
            tickets=sum(each.tickets for each in sums),
            revenue=_by_currency((each.currency, each.captured - each.refunded) for each in sums),
            refunded=_by_currency((each.currency, each.refunded) for each in sums if each.refunded),
        )


def _by_currency(amounts: Iterable[tuple[Currency, int]]) -> list[Money]:
    totals: dict[Currency, int] = {}
    for currency, minor in amounts:
        totals[currency] = totals.get(currency, 0) + minor
    return [Money(totals[currency], currency) for currency in sorted(totals)]


def figures_by_key(sums: Iterable[SalesSum]) -> dict[str, SalesFigures]:
    """Return the figures of each key, in the order of the keys."""
    groups: dict[str, list[SalesSum]] = {}
    for each in sums:
        groups.setdefault(each.key, []).append(each)
    return {key: SalesFigures.of(group) for key, group in groups.items()}


@dataclass(frozen=True, slots=True)
class SalesRow:
    """One row of a sales report."""

    key: str
    label: str
    figures: SalesFigures


@dataclass(frozen=True, slots=True)
class ShowtimeFact:
    """A showtime as it was scheduled, moved and cancelled."""

    id: str
    movie_id: str
    movie_title: str
    cinema_id: str
    auditorium_id: str
    time_zone: str
    starts_at: datetime
    seats: int


@dataclass(frozen=True, slots=True)
class Filling:
    """Seats sold of seats there are."""

    sold: int
    seats: int

    @property
    def ratio(self) -> float:
        return round(self.sold / self.seats, 4) if self.seats else 0.0


@dataclass(frozen=True, slots=True)
class MovieFigures:
    """How often a film's page was opened, and how many tickets it sold."""

    views: int = 0
    tickets: int = 0
    recent_views: int = 0
    recent_tickets: int = 0


@dataclass(frozen=True, slots=True)
class Behavior:
    """What a person did."""

    orders: int = 0
    tickets: int = 0
    movies_seen: int = 0
    favourite_genres: Sequence[str] = ()
    last_seen_at: datetime | None = None


def favourite_genres(tickets: Iterable[tuple[Sequence[str], int]]) -> list[str]:
    """Return the three genres with most tickets, the most first."""
    totals: dict[str, int] = {}
    for genres, count in tickets:
        for genre in genres:
            totals[genre] = totals.get(genre, 0) + count
    # Tickets that were given back count against their genre, down to none.
    liked = [genre for genre, count in totals.items() if count > 0]
    return sorted(liked, key=lambda genre: (-totals[genre], genre))[:TOP_GENRES]


@dataclass(frozen=True, slots=True)
class Dashboard:
    """The figures of a range."""

    figures: SalesFigures
    check_ins: int
    new_users: int
    filling: Filling
    top_movies: Mapping[str, SalesFigures]
    days: Mapping[date, SalesFigures]
