"""Where the seats of an auditorium are: computed once, from rows, kinds and companions.

Coordinates are in seat widths. `x` grows to the right from the middle of the room, `y` away from the screen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

MOST_ROWS: Final = 52
MOST_SEATS_IN_ROW: Final = 60
MOST_SEATS: Final = 1_000
_ROW_LABEL: Final = re.compile(r"[A-Z]{1,2}")
_ROW_DEPTH: Final = 1.25
_CURVE: Final = 1.6
"""How much nearer to the screen the ends of a curved row are, in seat widths."""


class SeatKind(StrEnum):
    """The kind of a seat."""

    STANDARD = "STANDARD"
    PREMIUM = "PREMIUM"
    WHEELCHAIR = "WHEELCHAIR"
    COMPANION = "COMPANION"


@dataclass(frozen=True, slots=True)
class SeatPlace:
    """One seat of an auditorium. `x` and `y` are in seat widths."""

    label: str
    row: str
    number: int
    kind: SeatKind
    x: float
    y: float
    companion_of: str | None
    """The label of the wheelchair place that this companion seat belongs to."""
    blocked: bool


@dataclass(frozen=True, slots=True)
class LayoutPlan:
    """A manager's description of a room: its rows from the screen backwards, and exceptions by seat label."""

    rows: Sequence[tuple[str, int]]
    """The label of each row and its number of seats."""
    kinds: Mapping[str, SeatKind]
    blocked: Sequence[str] = ()
    companions: Mapping[str, str] = field(default_factory=dict)
    """The label of each companion seat, with the label of its wheelchair place."""
    curved: bool = False


class LayoutProblem(ValueError):
    """The plan describes no possible room; `field` names the part of the input that is wrong."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


def lay_out(plan: LayoutPlan) -> list[SeatPlace]:
    """Return the place of every seat, row by row. Raises `LayoutProblem`."""
    _check_rows(plan.rows)
    kinds = {**plan.kinds, **dict.fromkeys(plan.companions, SeatKind.COMPANION)}
    blocked = frozenset(plan.blocked)
    places = []
    for depth, (row, seats) in enumerate(plan.rows):
        for number in range(1, seats + 1):
            label = f"{row}{number}"
            x, y = _position(depth, number, seats, plan.curved)
            places.append(
                SeatPlace(
                    label=label,
                    row=row,
                    number=number,
                    kind=kinds.get(label, SeatKind.STANDARD),
                    x=x,
                    y=y,
                    companion_of=plan.companions.get(label),
                    blocked=label in blocked,
                )
            )
    _check_exceptions(plan, kinds, {place.label for place in places})
    return places


def _position(depth: int, number: int, seats: int, curved: bool) -> tuple[float, float]:
    # A row of 3 seats has them at x = -1, 0 and 1, so that rows of every length share their middle.
    x = number - (seats + 1) / 2
    # A curved row is a parabola: its middle seats stay, its end seats come nearer to the screen by `_CURVE`.
    half = max((seats - 1) / 2, 1)
    bend = _CURVE * (x / half) ** 2 if curved else 0.0
    return round(x, 3), round(depth * _ROW_DEPTH - bend, 3)


def _check_rows(rows: Sequence[tuple[str, int]]) -> None:
    if not 1 <= len(rows) <= MOST_ROWS:
        raise LayoutProblem("rows", f"needs between 1 and {MOST_ROWS} rows")
    labels = [label for label, _ in rows]
    if len(set(labels)) != len(labels):
        raise LayoutProblem("rows", "must not name a row twice")
    for index, (label, seats) in enumerate(rows):
        if not _ROW_LABEL.fullmatch(label):
            raise LayoutProblem(f"rows.{index}.label", "is one or two capital letters")
        if not 1 <= seats <= MOST_SEATS_IN_ROW:
            raise LayoutProblem(f"rows.{index}.seats", f"must be between 1 and {MOST_SEATS_IN_ROW}")
    if sum(seats for _, seats in rows) > MOST_SEATS:
        raise LayoutProblem("rows", f"must have at most {MOST_SEATS} seats in all")


def _check_exceptions(plan: LayoutPlan, kinds: Mapping[str, SeatKind], labels: set[str]) -> None:
    exceptions = (("kinds", plan.kinds), ("blocked", plan.blocked), ("companions", plan.companions))
    for name, named in exceptions:
        unknown = sorted(set(named) - labels)
        if unknown:
            raise LayoutProblem(name, f"names seats that no row has: {', '.join(unknown[:5])}")
    for seat, wheelchair in plan.companions.items():
        if kinds.get(wheelchair) is not SeatKind.WHEELCHAIR:
            raise LayoutProblem(
                "companions", f"{seat} accompanies {wheelchair}, which is no wheelchair place"
            )
    alone = sorted(label for label, kind in plan.kinds.items() if kind is SeatKind.COMPANION)
    if any(label not in plan.companions for label in alone):
        raise LayoutProblem(
            "kinds", "a companion seat is declared under companions, with its wheelchair place"
        )
