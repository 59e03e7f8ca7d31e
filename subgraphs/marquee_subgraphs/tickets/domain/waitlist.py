"""The waitlist of a sold-out showtime: which seats an entry is offered, and for how long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from marquee_subgraphs.tickets.domain import seating
from marquee_subgraphs.tickets.domain.layout import Layout

OFFER_TTL: Final = timedelta(minutes=20)
"""How long offered seats are held; the offer can be extended like any hold."""
MOST_WAITING: Final = 500
"""Entries of one showtime."""


class WaitlistStatus(StrEnum):
    """The state of an entry."""

    WAITING = "WAITING"
    OFFERED = "OFFERED"
    ACCEPTED = "ACCEPTED"
    LAPSED = "LAPSED"


@dataclass(frozen=True, slots=True)
class WaitlistEntry:
    """One person's wish for seats of a showtime; entries are served in the order of `place`."""

    id: str
    showtime_id: str
    person: str
    """The user's id, or a guest's email; each has one entry per showtime."""
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
    """An entry with its state; `ahead` is how many entries wait before it, None unless it waits."""

    entry: WaitlistEntry
    status: WaitlistStatus
    ahead: int | None


def status_of(
    entry: WaitlistEntry, *, held_until: datetime | None, is_sold: bool, now: datetime
) -> WaitlistStatus:
    """Return the state of an entry; `held_until` is the end of its hold, None when that is closed."""
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
    """Yield each entry that gets an offer, with its seats: first come, first served.

    Two seats are free, and the first entry wants three: it keeps its place, and the second gets the two.
    """
    left = set(free)
    for entry in waiting:
        labels = seating.choose_best(layout, left, entry.seats)
        if len(labels) == entry.seats:
            left.difference_update(labels)
            yield entry, labels
