"""`Hall`: the seats of a showtime at one moment, with layout, states and prices, as a person sees them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from marquee_subgraphs.kit.money import Money
from marquee_subgraphs.tickets.domain.holds import HOLD_TTL, Hold
from marquee_subgraphs.tickets.domain.identifiers import make_seat_id
from marquee_subgraphs.tickets.domain.layout import Layout, SeatKind, SeatPlace
from marquee_subgraphs.tickets.domain.pricing import seat_price
from marquee_subgraphs.tickets.domain.seat_states import SeatState, SeatStatus, free_seats
from marquee_subgraphs.tickets.domain.showtimes import Showtime


@dataclass(frozen=True, slots=True)
class SeatView:
    """One seat as one person sees it; `price` is before discounts and fees."""

    id: str
    showtime_id: str
    place: SeatPlace
    status: SeatStatus
    price: Money
    mine: bool


def prices_of(showtime: Showtime) -> dict[SeatKind, Money]:
    """Return what each kind of seat costs at a showtime."""
    return {
        kind: seat_price(showtime.base_price, kind, showtime.starts_at, showtime.time_zone)
        for kind in SeatKind
    }


@dataclass(frozen=True, slots=True)
class Hall:
    """The seats of a showtime at one moment; `states` has the seats with a row, the others are free."""

    showtime: Showtime
    layout: Layout
    states: Mapping[str, SeatState]
    now: datetime

    def free(self) -> set[str]:
        """Return the labels that are available."""
        return free_seats((place.label for place in self.layout.places), self.states, self.now)

    def recent_holds(self, within: timedelta) -> int:
        """Return how many live holds were made or extended `within` the last moments."""
        since = self.now + HOLD_TTL - within
        return len(
            {
                state.hold_id
                for state in self.states.values()
                if state.status is SeatStatus.HELD
                and state.held_until is not None
                and state.held_until > since
            }
        )

    def all(self, user_id: str | None) -> list[SeatView]:
        """Return every seat as this user sees it."""
        return self.views((place.label for place in self.layout.places), user_id)

    def views(
        self, labels: Iterable[str], user_id: str | None, *, held_now: Collection[str] = ()
    ) -> list[SeatView]:
        """Return seats as this user sees them; `held_now` are their own, also if they are a guest."""
        prices = prices_of(self.showtime)
        return [self._view(label, prices, user_id, label in held_now) for label in labels]

    def _view(
        self, label: str, prices: Mapping[SeatKind, Money], user_id: str | None, held_now: bool
    ) -> SeatView:
        place = self.layout[label]
        state = self.states.get(label)
        status = SeatStatus.AVAILABLE if state is None else state.status_at(self.now)
        own = user_id is not None and state is not None and state.user_id == user_id
        taken = status in (SeatStatus.HELD, SeatStatus.SOLD, SeatStatus.CHECKED_IN)
        return SeatView(
            id=make_seat_id(self.showtime.id, label),
            showtime_id=self.showtime.id,
            place=place,
            status=SeatStatus.HELD if held_now else status,
            price=prices[place.kind],
            mine=held_now or (own and taken),
        )


@dataclass(frozen=True, slots=True)
class HeldSeats:
    """A hold as its owner sees it: the token is the right to it."""

    hold: Hold
    token: str
    seats: list[SeatView]
