"""A type is visited again only from positions that could answer less."""

from collections.abc import Sequence

from marquee_schema.composition.satisfiability.advancer import Position
from marquee_schema.composition.satisfiability.state import LabelChoices, State, Visited
from marquee_schema.query_graph import Node


def _state(subgraphs: Sequence[str], labels: LabelChoices = ()) -> State:
    positions = frozenset(Position(Node("User", name)) for name in subgraphs)
    return State("User", positions, labels, "query", None)


def test_more_positions_need_no_second_visit_but_fewer_do() -> None:
    visited = Visited()
    assert not visited.covers(_state("ab"))
    assert visited.covers(_state("ab"))
    assert visited.covers(_state("abc"))
    assert not visited.covers(_state("a"))
    assert visited.covers(_state("ac"))


def test_a_visit_with_an_open_label_covers_both_choices() -> None:
    visited = Visited()
    assert not visited.covers(_state("a", (("new", True),)))
    assert not visited.covers(_state("a", (("new", False),)))
    assert not visited.covers(_state("a"))
    assert visited.covers(_state("a", (("other", True),)))


def test_positions_are_explained_in_the_order_of_their_subgraphs() -> None:
    ordered = _state("cab").ordered_positions()
    assert [position.node.subgraph for position in ordered] == ["a", "b", "c"]
