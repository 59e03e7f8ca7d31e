"""Where the seats of an auditorium stand: made once from rows, kinds and companions. Pure.

Coordinates are in seat widths: x grows to the right from the middle of the room, y away from the screen.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MOST_ROWS: Final = 52
MOST_SEATS_IN_ROW: Final = 60
MOST_SEATS: Final = 1_000
_ROW_LABEL: Final = re.compile(r"[A-Z]{1,2}")
_ROW_DEPTH: Final = 1.25
_CURVE: Final = 1.6
"""How much nearer to the screen the ends of a curved row stand, in seat widths."""


class SeatKind(StrEnum):
    """What a seat is made for."""

    STANDARD = "STANDARD"
    PREMIUM = "PREMIUM"
    WHEELCHAIR = "WHEELCHAIR"
    COMPANION = "COMPANION"


@dataclass(frozen=True, slots=True)
class SeatPlace:
    """One seat of an auditorium; `companion_of` is the label of its wheelchair place."""

    label: str
    row: str
    number: int
    kind: SeatKind
    x: float
    y: float
    companion_of: str | None = None
    blocked: bool = False


@dataclass(frozen=True, slots=True)
class LayoutPlan:
    """What a manager says of a room: rows from the screen backwards, and its exceptions by seat label."""

    rows: Sequence[tuple[str, int]]
    kinds: Mapping[str, SeatKind]
    blocked: Sequence[str] = ()
    companions: Mapping[str, str] | None = None
    """Companion seat → its wheelchair place."""
    curved: bool = False


class LayoutProblem(ValueError):
    """The plan makes no room; `field` names the part of the input that is wrong."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


def lay_out(plan: LayoutPlan) -> list[SeatPlace]:
    """Place every seat, row by row. Raises `LayoutProblem`."""
    _check_rows(plan.rows)
    companions = dict(plan.companions or {})
    kinds = {**plan.kinds, **dict.fromkeys(companions, SeatKind.COMPANION)}
    places = [
        _place(row, number, seats, depth, plan.curved, kinds, companions, frozenset(plan.blocked))
        for depth, (row, seats) in enumerate(plan.rows)
        for number in range(1, seats + 1)
    ]
    _check_exceptions(plan, companions, kinds, {place.label for place in places})
    return places


def _place(
    row: str,
    number: int,
    seats: int,
    depth: int,
    curved: bool,
    kinds: Mapping[str, SeatKind],
    companions: Mapping[str, str],
    blocked: frozenset[str],
) -> SeatPlace:
    label = f"{row}{number}"
    x = number - (seats + 1) / 2
    half = max((seats - 1) / 2, 1)
    bend = _CURVE * (x / half) ** 2 if curved else 0.0
    return SeatPlace(
        label=label,
        row=row,
        number=number,
        kind=kinds.get(label, SeatKind.STANDARD),
        x=round(x, 3),
        y=round(depth * _ROW_DEPTH - bend, 3),
        companion_of=companions.get(label),
        blocked=label in blocked,
    )


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


def _check_exceptions(
    plan: LayoutPlan, companions: Mapping[str, str], kinds: Mapping[str, SeatKind], labels: set[str]
) -> None:
    for field, named in (("kinds", plan.kinds), ("blocked", plan.blocked), ("companions", companions)):
        unknown = sorted(set(named) - labels)
        if unknown:
            raise LayoutProblem(field, f"names seats that no row has: {', '.join(unknown[:5])}")
    for seat, wheelchair in companions.items():
        if kinds.get(wheelchair) is not SeatKind.WHEELCHAIR:
            raise LayoutProblem(
                "companions", f"{seat} accompanies {wheelchair}, which is no wheelchair place"
            )
    alone = sorted(label for label, kind in plan.kinds.items() if kind is SeatKind.COMPANION)
    if any(label not in companions for label in alone):
        raise LayoutProblem(
            "kinds", "a companion seat is declared under companions, with its wheelchair place"
        )
