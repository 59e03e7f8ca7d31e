"""Which seats may be taken together, and which are the best that are left.

Every rule that refuses a choice also finds seats that could be taken instead. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Set
from dataclasses import dataclass
from datetime import timedelta
from hashlib import blake2b
from typing import Final

from marquee_subgraphs.tickets.domain.layout import Layout, SeatKind, SeatPlace

MAX_SEATS: Final = 10
"""Seats per hold, and per customer and showtime."""
MOST_GROUPS: Final = 32
"""At most so many different groups are offered to people who ask at the same time."""
CROWD_WINDOW: Final = timedelta(seconds=10)
"""People who held seats so recently and have not paid yet count as a crowd."""


@dataclass(frozen=True, slots=True)
class _Window:
    """A run of neighbouring free seats, with how good it is."""

    labels: tuple[str, ...]
    discomfort: float
    leaves_lonely: bool


def missing_wheelchairs(layout: Layout, chosen: Collection[str], own: Collection[str] = ()) -> list[str]:
    """Return the wheelchair seats of the chosen companion seats that are neither chosen nor own.

    `own` are seats that the customer holds already.
    """
    needed = [
        place.companion_of
        for place in map(layout.__getitem__, chosen)
        if place.kind is SeatKind.COMPANION and place.companion_of in layout
    ]
    return layout.sort({label for label in needed if label and label not in chosen and label not in own})


def leaves_lonely(layout: Layout, free: Set[str], chosen: Collection[str]) -> list[str]:
    """Return the seats that `chosen` would leave alone: of A1 to A4, taking A1, A2 and A4 leaves A3."""
    rows = {layout[label].row for label in chosen}
    left: set[str] = set()
    remaining = free - set(chosen)
    for block in layout.blocks:
        if block[0].row not in rows:
            continue
        before = {run[0].label for run in _free_runs(block, free) if len(run) == 1}
        after = {run[0].label for run in _free_runs(block, remaining) if len(run) == 1}
        left |= after - before
    return layout.sort(left)


def best_groups(layout: Layout, free: Set[str], count: int, most: int = MOST_GROUPS) -> list[tuple[str, ...]]:
    """Return groups of `count` neighbouring free seats that leave no seat alone, the best first.

    At most `most` and `MOST_GROUPS`, and no seat in two of them.
    """
    most = min(most, MOST_GROUPS)
    tidy = [window for window in _windows(layout, free, count) if not window.leaves_lonely]
    groups: list[tuple[str, ...]] = []
    taken: set[str] = set()
    for window in sorted(tidy, key=lambda window: window.discomfort):
        if taken.isdisjoint(window.labels):
            groups.append(window.labels)
            taken.update(window.labels)
            if len(groups) == most:
                break
    return groups


def choose_tidy(layout: Layout, free: Set[str], count: int, lot: str, among: int = MOST_GROUPS) -> list[str]:
    """Return `count` neighbouring seats that leave no seat alone, or nothing.

    It is one of the best `among` groups, drawn by `lot`: any text that differs between people who ask at
    the same time.
    """
    groups = best_groups(layout, free, count, among)
    return list(groups[_drawn(lot, len(groups))]) if groups else []


def choose_apart(layout: Layout, free: Set[str], count: int, lot: str, among: int = MOST_GROUPS) -> list[str]:
    """Return a group drawn by `lot`; the best seats when no group without lonely seats is left."""
    return choose_tidy(layout, free, count, lot, among) or choose_best(layout, free, count)


def groups_for(rivals: int) -> int:
    """Return how many of the best groups to draw from while so many others take seats; one without rivals."""
    return 1 + 2 * rivals


def choose_best(layout: Layout, free: Set[str], count: int) -> list[str]:
    """Return the best `count` free seats: neighbours where possible, leaving no seat alone where possible.

    Where no run is long enough the party is split into as few groups as the room allows; where fewer
    seats are left, it gets those. Bays for wheelchairs and companions are never offered.
    """
    chosen: list[str] = []
    left = set(free)
    size = min(count, MAX_SEATS)
    while size > 0:
        # A party of six without a run of six is split: five and one, then four and two, and so on.
        windows = list(_windows(layout, left, size))
        if not windows:
            size -= 1
            continue
        best = min(windows, key=lambda window: (window.leaves_lonely, window.discomfort))
        chosen.extend(best.labels)
        left.difference_update(best.labels)
        size = min(size, count - len(chosen))
    return layout.sort(chosen)


def _drawn(lot: str, count: int) -> int:
    return int.from_bytes(blake2b(lot.encode(), digest_size=8).digest()) % count


def _free_runs(block: tuple[SeatPlace, ...], free: Set[str]) -> Iterator[list[SeatPlace]]:
    run: list[SeatPlace] = []
    for place in block:
        if place.is_ordinary and place.label in free:
            run.append(place)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _windows(layout: Layout, free: Set[str], count: int) -> Iterator[_Window]:
    for block in layout.blocks:
        for run in _free_runs(block, free):
            for start in range(len(run) - count + 1):
                labels = tuple(place.label for place in run[start : start + count])
                yield _Window(
                    labels,
                    sum(layout.discomfort[label] for label in labels) / count,
                    # One seat left over at either end of the run would be alone.
                    start == 1 or len(run) - count - start == 1,
                )
