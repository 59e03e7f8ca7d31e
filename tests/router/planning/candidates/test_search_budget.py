"""The work that planning takes grows with the size of the operation, or the operation is refused.

Work is counted in the ways that the planner looks at, by the limit within which an operation can be planned;
no clock is looked at.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from graphql import parse

from marquee_router.planning.errors import TooComplexError
from marquee_router.planning.planner import Planner, PlanningLimits
from marquee_router.planning.print_plan import print_plan
from marquee_schema.supergraph import Supergraph
from tests.router.planning.examples import SUBGRAPHS, TYPES, users


def test_a_fragment_bomb_is_refused_or_planned_in_bounds() -> None:
    fragments = " ".join(
        f"fragment F{n} on User {{ a: friend {{ ...F{n + 1} }} b: friend {{ ...F{n + 1} }} }}"
        for n in range(40)
    )
    with pytest.raises(TooComplexError):
        users().planner.plan(parse(f"{{ user {{ ...F0 }} }} {fragments} fragment F40 on User {{ id }}"))


def _is_planned(supergraph: Supergraph, operation: str, ways: int) -> bool:
    """Whether so many ways are enough."""
    try:
        Planner(supergraph, PlanningLimits(max_ways=ways)).plan(parse(operation))
    except TooComplexError:
        return False
    return True


def _aliases(count: int) -> str:
    return f"{{ item {{ {' '.join(f'a{n}: next {{ own{n % SUBGRAPHS} }}' for n in range(count))} }} }}"


def _hops(depth: int) -> str:
    inner = "id"
    for level in range(depth):
        inner = f"sub{level % SUBGRAPHS} {{ own{(level + 1) % SUBGRAPHS} {inner} }}"
    return f"{{ item {{ {inner} }} }}"


def _interfaces(depth: int) -> str:
    inner = "id"
    for level in range(depth):
        inner = f"any {{ ... on T{level % TYPES} {{ own{level % SUBGRAPHS} }} {inner} }}"
    return f"{{ {inner} }}"


def _members(count: int) -> str:
    parts = (f"... on T{n % TYPES} {{ a{n}: any {{ id }} own{n % SUBGRAPHS} }}" for n in range(count))
    return f"{{ all {{ {' '.join(parts)} }} }}"


def _requirements(count: int) -> str:
    return f"{{ item {{ {' '.join(f'a{n}: next {{ need{n % SUBGRAPHS} }}' for n in range(count))} }} }}"


def _chains(count: int) -> str:
    """Side by side, each longer than the one before, until they are ten long."""
    chains = []
    for number in range(count):
        inner = "id"
        for level in range(number % 10):
            inner = f"sub{(level + number) % SUBGRAPHS} {{ {inner} }}"
        chains.append(f"a{number}: next {{ {inner} }}")
    return f"{{ item {{ {' '.join(chains)} }} }}"


@pytest.mark.parametrize(
    ("family", "least", "most"),
    [
        (_aliases, 2, 30),
        (_hops, 10, 60),
        (_interfaces, 5, 40),
        (_members, 5, 40),
        (_requirements, 10, 200),
        (_chains, 100, 400),
    ],
)
def test_work_grows_with_the_size_of_the_operation(
    supergraph: Supergraph, family: Callable[[int], str], least: int, most: int
) -> None:
    for size in (25, 100):
        assert _is_planned(supergraph, family(size), most * size), size
        assert not _is_planned(supergraph, family(size), least * size), "so that the limit counts"


@pytest.mark.parametrize("root", ["item", "any"])
def test_thousands_of_type_names_are_looked_up_once(supergraph: Supergraph, root: str) -> None:
    names = " ".join(f"t{number}: __typename" for number in range(5_000))
    planner = Planner(supergraph, PlanningLimits(max_ways=40))
    plan = planner.plan(parse(f"{{ {root} {{ {names} }} }}"))
    assert print_plan(plan).count("__typename") == 1


def test_a_fragment_spread_often_at_one_place_is_read_once(supergraph: Supergraph) -> None:
    fields = " ".join(f"own{n} sub{n} {{ id }}" for n in range(SUBGRAPHS))
    fragment = f"fragment F on Item {{ {fields} }}"
    for spreads in (1, 2_000):
        operation = f"{{ item {{ {'...F ' * spreads} }} }} {fragment}"
        assert _is_planned(supergraph, operation, 200)
        assert not _is_planned(supergraph, operation, 20)


@pytest.mark.parametrize(
    "body",
    [
        "own0 own1 a: next { ...F%d } b: next { ...F%d }",
        "id a: next { ...F%d } b: next { ...F%d }",
        "need0 a: sub1 { ...F%d } b: sub2 { ...F%d }",
    ],
)
def test_fragments_that_double_are_refused(supergraph: Supergraph, body: str) -> None:
    depth = 40
    fragments = " ".join(
        f"fragment F{level} on Item {{ {body % (level + 1, level + 1)} }}" for level in range(depth)
    )
    operation = f"{{ item {{ ...F0 }} }} {fragments} fragment F{depth} on Item {{ id }}"
    with pytest.raises(TooComplexError):
        Planner(supergraph, PlanningLimits(max_ways=10_000, max_fields=10_000)).plan(parse(operation))


def test_an_operation_that_would_take_a_second_to_plan_is_refused(supergraph: Supergraph) -> None:
    """By the default limits."""
    assert PlanningLimits().max_ways == 20_000
    Planner(supergraph).plan(parse(_chains(100)))
    with pytest.raises(TooComplexError, match="more than 20000 ways") as refusal:
        Planner(supergraph).plan(parse(_chains(490)))
    assert refusal.value.maximum == 20_000


def test_types_are_grouped_once_for_all_response_paths_that_are_alike(supergraph: Supergraph) -> None:
    fragments = " ".join(
        f"fragment F{n} on I {{ a: any {{ ...F{n + 1} ... on T1 {{ own1 }} }} b: any {{ ...F{n + 1} id }} }}"
        for n in range(7)
    )
    operation = f"{{ any {{ ...F0 }} }} {fragments} fragment F7 on I {{ id }}"
    assert _is_planned(supergraph, operation, 8_000)
