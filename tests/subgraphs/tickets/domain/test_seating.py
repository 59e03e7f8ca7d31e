"""Which seats may be taken together, and what is offered instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from marquee_subgraphs.tickets.domain.layout import Layout, SeatKind, SeatPlace
from marquee_subgraphs.tickets.domain.seating import (
    MOST_GROUPS,
    best_groups,
    choose_apart,
    choose_best,
    choose_tidy,
    groups_for,
    leaves_lonely,
    missing_wheelchairs,
)

HALL = {row: range(1, 26) for row in "ABCDEFGHIJKLMNOP"}


def room(
    rows: Mapping[str, Sequence[int]] | None = None,
    kinds: Mapping[str, SeatKind] | None = None,
    companions: Mapping[str, str] | None = None,
) -> Layout:
    """A room with seats a metre apart; a number left out is an aisle."""
    return Layout(
        SeatPlace(
            f"{row}{number}",
            row,
            number,
            (kinds or {}).get(f"{row}{number}", SeatKind.STANDARD),
            float(number),
            float(depth),
            (companions or {}).get(f"{row}{number}"),
        )
        for depth, (row, numbers) in enumerate((rows or {"A": range(1, 11)}).items())
        for number in numbers
    )


def labels_of(layout: Layout) -> set[str]:
    return {place.label for place in layout.places}


def test_an_aisle_parts_neighbours_by_number_and_by_place() -> None:
    assert [len(block) for block in room({"A": [1, 2, 3, 5, 6]}).blocks] == [3, 2]
    by_place = Layout(SeatPlace(f"A{n}", "A", n, x=n + (2.0 if n > 3 else 0.0)) for n in range(1, 7))
    assert [len(block) for block in by_place.blocks] == [3, 3]


def test_leaving_one_seat_at_the_wall_or_between_is_lonely() -> None:
    layout = room()
    free = labels_of(layout)
    assert leaves_lonely(layout, free, ["A2", "A3"]) == ["A1"]
    assert leaves_lonely(layout, free, ["A1", "A3"]) == ["A2"]
    assert leaves_lonely(layout, free, ["A1", "A2"]) == []


def test_a_seat_that_was_alone_already_is_nobodys_fault() -> None:
    layout = room()
    free = labels_of(layout) - {"A2"}  # A1 is alone
    assert leaves_lonely(layout, free, ["A3", "A4"]) == []


def test_a_bay_is_never_lonely_and_no_neighbour() -> None:
    layout = room({"A": range(1, 5)}, {"A1": SeatKind.WHEELCHAIR, "A2": SeatKind.COMPANION})
    assert leaves_lonely(layout, labels_of(layout), ["A3", "A4"]) == []
    assert leaves_lonely(layout, labels_of(layout), ["A4"]) == ["A3"]


def test_the_last_resort_has_no_tidy_choice() -> None:
    layout = room({"A": range(1, 4)})
    assert leaves_lonely(layout, labels_of(layout), ["A1", "A2"]) == ["A3"]
    assert choose_tidy(layout, labels_of(layout), 2, "ana") == []


def test_a_companion_seat_needs_its_wheelchair_seat() -> None:
    layout = room(kinds={"A1": SeatKind.WHEELCHAIR, "A2": SeatKind.COMPANION}, companions={"A2": "A1"})
    assert missing_wheelchairs(layout, ["A2"]) == ["A1"]
    assert missing_wheelchairs(layout, ["A1", "A2"]) == []
    assert missing_wheelchairs(layout, ["A2"], own=["A1"]) == []
    assert missing_wheelchairs(layout, ["A1"]) == []


def test_the_best_seats_are_neighbours_in_the_middle_a_little_back() -> None:
    layout = room({row: range(1, 11) for row in "ABCDEFGH"})
    best = choose_best(layout, labels_of(layout), 2)
    assert best == ["E5", "E6"]
    assert choose_best(layout, labels_of(layout) - set(best), 2) != best


def test_a_party_is_split_only_where_no_row_has_room() -> None:
    layout = room({"A": [1, 2, 4, 5, 6], "B": [1, 2]})
    assert choose_best(layout, labels_of(layout), 3) == ["A4", "A5", "A6"]
    split = choose_best(layout, labels_of(layout), 5)
    assert len(split) == 5
    assert {"A4", "A5", "A6"} <= set(split)


def test_fewer_are_offered_where_fewer_are_left() -> None:
    layout = room()
    assert choose_best(layout, {"A7"}, 3) == ["A7"]
    assert choose_best(layout, set(), 3) == []


@given(
    taken=st.sets(st.sampled_from([f"{row}{number}" for row in "ABC" for number in range(1, 9)])),
    count=st.integers(1, 10),
)
def test_what_is_offered_is_free_and_as_much_as_there_is(taken: set[str], count: int) -> None:
    layout = room(
        {"A": range(1, 9), "B": range(1, 9), "C": range(1, 9)},
        {"A1": SeatKind.WHEELCHAIR, "A2": SeatKind.COMPANION},
        {"A2": "A1"},
    )
    free = labels_of(layout) - taken
    ordinary = free - {"A1", "A2"}
    best = choose_best(layout, free, count)
    assert set(best) <= ordinary
    assert len(best) == len(set(best)) == min(count, len(ordinary))
    tidy = choose_tidy(layout, free, count, "ana")
    if tidy:
        assert leaves_lonely(layout, free, tidy) == []
        assert leaves_lonely(layout, free, best) == []


def test_who_was_too_late_together_is_offered_many_groups() -> None:
    layout = room(HALL)
    free = labels_of(layout) - {"I12", "I13"}
    offered = {tuple(choose_apart(layout, free, 2, f"guest {number}")) for number in range(50)}
    assert len(offered) >= MOST_GROUPS * 2 // 3
    for labels in offered:
        first, second = (layout[label] for label in labels)
        assert first.row == second.row
        assert second.number - first.number == 1
        assert free.issuperset(labels)
        assert leaves_lonely(layout, free, labels) == []
    for one in offered:
        assert all(one == other or set(one).isdisjoint(other) for other in offered)


def test_the_groups_to_spread_over_are_the_best_of_the_room() -> None:
    layout = room(HALL)
    groups = best_groups(layout, labels_of(layout), 2)
    assert len(groups) == MOST_GROUPS
    assert list(groups[0]) == choose_best(layout, labels_of(layout), 2)
    worst = max(layout.discomfort[label] for group in groups for label in group)
    assert worst < sorted(layout.discomfort.values())[len(layout.places) // 2]


def test_a_lot_falls_on_the_same_group_again_and_elsewhere_once_that_is_taken() -> None:
    layout = room(HALL)
    free = labels_of(layout)
    offered = choose_apart(layout, free, 3, "ana")
    assert choose_apart(layout, free, 3, "ana") == offered
    assert set(choose_apart(layout, free - set(offered), 3, "ana")).isdisjoint(offered)


def test_what_is_left_is_offered_where_no_group_is_tidy() -> None:
    layout = room({"A": range(1, 4)})
    assert choose_apart(layout, labels_of(layout), 2, "ana") == choose_best(layout, labels_of(layout), 2)
    assert choose_apart(layout, {"A2"}, 2, "ana") == ["A2"]


def test_who_is_alone_is_offered_the_best_and_a_crowd_more_groups_the_larger_it_is() -> None:
    layout = room(HALL)
    free = labels_of(layout)
    sizes = []
    for rivals in (0, 2, 8, 100):
        among = groups_for(rivals)
        offered = {tuple(choose_apart(layout, free, 2, f"guest {number}", among)) for number in range(200)}
        assert offered <= set(best_groups(layout, free, 2, among))
        sizes.append(len(offered))
    assert sizes == [1, 5, 17, MOST_GROUPS]
    assert choose_apart(layout, free, 2, "ana", groups_for(0)) == choose_best(layout, free, 2)
