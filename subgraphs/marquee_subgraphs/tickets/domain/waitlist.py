"""Waiting for seats of a sold-out showtime: who is offered which seats, and for how long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from marquee_subgraphs.tickets.domain import seating
from marquee_subgraphs.tickets.domain.layout import Layout

OFFER_TTL: Final = timedelta(minutes=20)
"""How long offered seats are held; whoever opens the offer may extend it as any hold."""
MOST_WAITING: Final = 500
"""Entries of one showtime."""


class WaitlistStatus(StrEnum):
    """Where an entry stands."""

    WAITING = "WAITING"
    OFFERED = "OFFERED"
    ACCEPTED = "ACCEPTED"
    LAPSED = "LAPSED"


@dataclass(frozen=True, slots=True)
class WaitlistEntry:
    """One person's wish for so many seats of a showtime; `place` orders those who wait."""

    id: str
    showtime_id: str
    person: str
    """Whose it is, once per showtime: the user's id, or a guest's email."""
    user_id: str | None
    email: str | None
    locale: str
    seats: int
    place: int
    joined_at: datetime
    hold_id: str | None = None
    """The hold of the seats that were offered; None while waiting."""


@dataclass(frozen=True, slots=True)
class ListedEntry:
    """An entry as it stands: `ahead` is how many wait before it, None unless it waits itself."""

    entry: WaitlistEntry
    status: WaitlistStatus
    ahead: int | None


def status_of(
    entry: WaitlistEntry, *, held_until: datetime | None, is_sold: bool, now: datetime
) -> WaitlistStatus:
    """Return where an entry stands; `held_until` is the end of its open hold, None when that is closed."""
    if entry.hold_id is None:
        return WaitlistStatus.WAITING
    if is_sold:
        return WaitlistStatus.ACCEPTED
    if held_until is not None and now < held_until:
        return WaitlistStatus.OFFERED
    return WaitlistStatus.LAPSED


def choose_offers(
    waiting: Sequence[WaitlistEntry], layout: Layout, free: Set[str]
) -> Iterator[tuple[WaitlistEntry, list[str]]]:
    """Return who is offered which of the free seats: first come, first served.

    A party that needs more seats than are free keeps its place and is passed over.
    """
    left = set(free)
    for entry in waiting:
        labels = seating.choose_best(layout, left, entry.seats)
        if len(labels) == entry.seats:
            left.difference_update(labels)
            yield entry, labels
