"""`Layout`: the seats of a showtime in the room, with rows, neighbours, and how good each seat is.

Immutable, and without the states of the seats.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from statistics import median

_AISLE_FACTOR = 1.75
"""Two neighbours with a gap of so many median gaps of their row have an aisle between them."""
_BEST_DEPTH = 0.62
"""The best row: a little behind the middle, where 0 is the screen and 1 the last row."""
_DEPTH_WEIGHT = 1.3


class SeatKind(StrEnum):
    """What a seat is made for."""

    STANDARD = "STANDARD"
    PREMIUM = "PREMIUM"
    WHEELCHAIR = "WHEELCHAIR"
    COMPANION = "COMPANION"


@dataclass(frozen=True, slots=True)
class SeatPlace:
    """One seat in the room, as the showtime's event describes it."""

    label: str
    row: str
    number: int
    kind: SeatKind = SeatKind.STANDARD
    x: float = 0.0
    y: float = 0.0
    companion_of: str | None = None

    @property
    def is_ordinary(self) -> bool:
        """True if it is for anybody: wheelchair bays and companion seats are not offered as alternatives."""
        return self.kind in (SeatKind.STANDARD, SeatKind.PREMIUM)


class Layout:
    """All seats of a showtime, in order; `blocks` are runs of neighbours without an aisle."""

    __slots__ = ("_by_label", "_rows", "blocks", "discomfort", "order", "places")

    def __init__(self, places: Iterable[SeatPlace]) -> None:
        self.places: tuple[SeatPlace, ...] = tuple(places)
        self._by_label = {place.label: place for place in self.places}
        self.order = {place.label: index for index, place in enumerate(self.places)}
        rows: dict[str, list[SeatPlace]] = {}
        for place in self.places:
            rows.setdefault(place.row, []).append(place)
        self._rows = {row: [place.label for place in seats] for row, seats in rows.items()}
        self.blocks: tuple[tuple[SeatPlace, ...], ...] = tuple(
            block for row in rows.values() for block in _split_at_aisles(row)
        )
        self.discomfort = _discomfort(list(rows.values()))

    def __contains__(self, label: object) -> bool:
        return label in self._by_label

    def __getitem__(self, label: str) -> SeatPlace:
        return self._by_label[label]

    def rows_of(self, labels: Iterable[str]) -> list[str]:
        """Return all labels of the rows of these seats."""
        rows = {self._by_label[label].row for label in labels}
        return [label for row in sorted(rows) for label in self._rows[row]]

    def sort(self, labels: Iterable[str]) -> list[str]:
        """Return the labels in the order of the room: all transactions lock seats in this order."""
        return sorted(labels, key=self.order.__getitem__)


def _split_at_aisles(row: Sequence[SeatPlace]) -> Iterable[tuple[SeatPlace, ...]]:
    seats = sorted(row, key=lambda place: place.number)
    gaps = [abs(right.x - left.x) for left, right in pairwise(seats)]
    usual = median(gaps) if gaps else 0.0
    block: list[SeatPlace] = []
    for index, place in enumerate(seats):
        if block:
            # Numbers with a hole (A4, A6) are apart too: the layout has no seat there.
            apart = place.number - block[-1].number != 1
            aisle = usual > 0 and gaps[index - 1] > usual * _AISLE_FACTOR
            if apart or aisle:
                yield tuple(block)
                block = []
        block.append(place)
    if block:
        yield tuple(block)


def _discomfort(rows: Sequence[Sequence[SeatPlace]]) -> dict[str, float]:
    """Return how far each seat is from the best place, sideways and in depth, each from 0 to 1."""
    cost: dict[str, float] = {}
    last_row = max(len(rows) - 1, 1)
    for depth, row in enumerate(rows):
        seats = sorted(row, key=lambda place: place.number)
        away_in_depth = _DEPTH_WEIGHT * (depth / last_row - _BEST_DEPTH)
        left, right = min(place.x for place in seats), max(place.x for place in seats)
        for index, place in enumerate(seats):
            # A layout without coordinates is read from the seat numbers.
            along = (place.x - left) / (right - left) if right > left else (index + 0.5) / len(seats)
            cost[place.label] = (2 * along - 1) ** 2 + away_in_depth**2
    return cost
