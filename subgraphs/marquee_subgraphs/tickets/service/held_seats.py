"""A hold as its owner sees it."""

from __future__ import annotations

from dataclasses import dataclass

from marquee_subgraphs.tickets.domain.hall import SeatView
from marquee_subgraphs.tickets.domain.holds import Hold


@dataclass(frozen=True, slots=True)
class HeldSeats:
    """A hold, the token that speaks for it, and its seats."""

    hold: Hold
    token: str
    seats: list[SeatView]
