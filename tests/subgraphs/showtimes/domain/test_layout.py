"""Rooms: seats in their places, exceptions checked."""

from __future__ import annotations

import pytest

from marquee_subgraphs.showtimes.domain.layout import LayoutPlan, LayoutProblem, SeatKind, lay_out


def test_rows_are_centred_and_seats_numbered_from_the_left() -> None:
    places = lay_out(LayoutPlan(rows=[("A", 2), ("B", 3)], kinds={}))
    assert [place.label for place in places] == ["A1", "A2", "B1", "B2", "B3"]
    assert [place.x for place in places] == [-0.5, 0.5, -1, 0, 1]
    assert places[0].y < places[2].y, "row B stands further from the screen"


def test_the_ends_of_a_curved_row_come_nearer_to_the_screen() -> None:
    left, middle, right = lay_out(LayoutPlan(rows=[("A", 3)], kinds={}, curved=True))
    assert left.y == right.y < middle.y


def test_a_companion_seat_knows_its_wheelchair_place() -> None:
    plan = LayoutPlan(
        rows=[("A", 3)], kinds={"A1": SeatKind.WHEELCHAIR}, companions={"A2": "A1"}, blocked=["A3"]
    )
    wheelchair, companion, blocked = lay_out(plan)
    assert (wheelchair.kind, wheelchair.companion_of) == (SeatKind.WHEELCHAIR, None)
    assert (companion.kind, companion.companion_of) == (SeatKind.COMPANION, "A1")
    assert blocked.blocked


@pytest.mark.parametrize(
    ("plan", "field"),
    [
        (LayoutPlan(rows=[], kinds={}), "rows"),
        (LayoutPlan(rows=[("A", 5), ("A", 5)], kinds={}), "rows"),
        (LayoutPlan(rows=[("a", 5)], kinds={}), "rows.0.label"),
        (LayoutPlan(rows=[("A", 0)], kinds={}), "rows.0.seats"),
        (LayoutPlan(rows=[("A", 10**9)], kinds={}), "rows.0.seats"),
        (LayoutPlan(rows=[(chr(65 + i), 60) for i in range(20)], kinds={}), "rows"),
        (LayoutPlan(rows=[("A", 5)], kinds={"A6": SeatKind.PREMIUM}), "kinds"),
        (LayoutPlan(rows=[("A", 5)], kinds={}, blocked=["Z1"]), "blocked"),
        (LayoutPlan(rows=[("A", 5)], kinds={}, companions={"A2": "A1"}), "companions"),
        (LayoutPlan(rows=[("A", 5)], kinds={"A1": SeatKind.COMPANION}), "kinds"),
    ],
)
def test_a_plan_that_makes_no_room_names_what_is_wrong(plan: LayoutPlan, field: str) -> None:
    with pytest.raises(LayoutProblem) as refused:
        lay_out(plan)
    assert refused.value.field == field
