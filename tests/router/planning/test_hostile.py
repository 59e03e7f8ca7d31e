"""Operations made to be dear: the work that planning them takes grows with their size, or they are refused.

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
from marquee_schema.composition import Subgraph, compose
from marquee_schema.supergraph import Supergraph, load_supergraph
from tests.router.planning.graphs import subgraphs_of

_LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9",'
    ' import: ["@key", "@shareable", "@external", "@requires"])\n'
)
_SUBGRAPHS = 6
_TYPES = 8


@pytest.fixture(scope="module")
def supergraph() -> Supergraph:
    """Every object is in every subgraph, with keys of its own there, beside fields that only it has."""
    members = [f"T{number}" for number in range(_TYPES)]
    sdl = {}
    for number in range(_SUBGRAPHS):
        after = (number + 1) % _SUBGRAPHS
        types = "\n".join(
            f"""type {name} implements I @key(fields: "id") {{
                  id: ID! any: I @shareable own{number}: String }}"""
            for name in members
        )
        sdl[f"s{number}"] = f"""
            type Query {{ item: Item @shareable any: I @shareable all: [U] @shareable only{number}: Item }}
            interface I {{ id: ID! any: I }}
            union U = {" | ".join(members)}
            {types}
            type Item @key(fields: "id") @key(fields: "k{number}") @key(fields: "k{after}") {{
              id: ID! k{number}: ID! @shareable k{after}: ID! @shareable next: Item @shareable
              sub{number}: Item own{number}: String own{after}: String @external
              need{number}: String @requires(fields: "own{after}")
              some{number}: String @shareable some{after}: String @shareable }}"""
    composed = compose([Subgraph(name=name, url="", sdl=_LINK + text) for name, text in sdl.items()])
    return load_supergraph(composed.supergraph_sdl)


def _is_planned(supergraph: Supergraph, operation: str, ways: int) -> bool:
    """Whether so many ways are enough."""
    try:
        Planner(supergraph, PlanningLimits(max_ways=ways)).plan(parse(operation))
    except TooComplexError:
        return False
    return True


def _aliases(count: int) -> str:
    return f"{{ item {{ {' '.join(f'a{n}: next {{ own{n % _SUBGRAPHS} }}' for n in range(count))} }} }}"


def _hops(depth: int) -> str:
    inner = "id"
    for level in range(depth):
        inner = f"sub{level % _SUBGRAPHS} {{ own{(level + 1) % _SUBGRAPHS} {inner} }}"
    return f"{{ item {{ {inner} }} }}"


def _interfaces(depth: int) -> str:
    inner = "id"
    for level in range(depth):
        inner = f"any {{ ... on T{level % _TYPES} {{ own{level % _SUBGRAPHS} }} {inner} }}"
    return f"{{ {inner} }}"


def _members(count: int) -> str:
    parts = (f"... on T{n % _TYPES} {{ a{n}: any {{ id }} own{n % _SUBGRAPHS} }}" for n in range(count))
    return f"{{ all {{ {' '.join(parts)} }} }}"


def _requirements(count: int) -> str:
    return f"{{ item {{ {' '.join(f'a{n}: next {{ need{n % _SUBGRAPHS} }}' for n in range(count))} }} }}"


def _chains(count: int) -> str:
    """Side by side, each longer than the one before, until they are ten long."""
    chains = []
    for number in range(count):
        inner = "id"
        for level in range(number % 10):
            inner = f"sub{(level + number) % _SUBGRAPHS} {{ {inner} }}"
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
def test_thousands_of_type_names_are_one_look(supergraph: Supergraph, root: str) -> None:
    names = " ".join(f"t{number}: __typename" for number in range(5_000))
    planner = Planner(supergraph, PlanningLimits(max_ways=40))
    plan = planner.plan(parse(f"{{ {root} {{ {names} }} }}"))
    assert print_plan(plan).count("__typename") == 1


def test_a_fragment_spread_often_at_one_place_is_read_once(supergraph: Supergraph) -> None:
    fields = " ".join(f"own{n} sub{n} {{ id }}" for n in range(_SUBGRAPHS))
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
    """By the limits that hold where nobody sets others."""
    assert PlanningLimits().max_ways == 20_000
    Planner(supergraph).plan(parse(_chains(100)))
    with pytest.raises(TooComplexError, match="more than 20000 ways") as refusal:
        Planner(supergraph).plan(parse(_chains(490)))
    assert refusal.value.maximum == 20_000


def test_types_are_told_apart_once_for_all_places_that_are_alike(supergraph: Supergraph) -> None:
    fragments = " ".join(
        f"fragment F{n} on I {{ a: any {{ ...F{n + 1} ... on T1 {{ own1 }} }} b: any {{ ...F{n + 1} id }} }}"
        for n in range(7)
    )
    operation = f"{{ any {{ ...F0 }} }} {fragments} fragment F7 on I {{ id }}"
    assert _is_planned(supergraph, operation, 8_000)


def test_more_conditions_than_can_be_told_in_one_are_no_condition(supergraph: Supergraph) -> None:
    """A fetch for fields with a hundred conditions is made whatever they say; each field keeps its own."""
    declared = ", ".join(f"$v{number}: Boolean!" for number in range(100))
    fields = " ".join(f"a{number}: own1 @include(if: $v{number})" for number in range(100))
    plan = Planner(supergraph).plan(parse(f"query({declared}) {{ only0 {{ {fields} }} }}"))
    assert subgraphs_of(plan) == ["s0", "s1"]
    assert print_plan(plan).count("@include(if: $v") == 100


def test_a_field_under_more_conditions_than_can_be_told_is_refused(supergraph: Supergraph) -> None:
    declared = ", ".join(f"$v{number}: Boolean!" for number in range(2_000))
    fields = " ".join(f"next @include(if: $v{number}) {{ id }}" for number in range(2_000))
    with pytest.raises(TooComplexError, match="@skip and @include"):
        Planner(supergraph).plan(parse(f"query({declared}) {{ only0 {{ {fields} }} }}"))


def test_the_cheapest_plan_found_is_taken_when_no_more_may_be_tried(supergraph: Supergraph) -> None:
    """At each of sixty places six fields that two subgraphs answer: far more plans than can be tried."""
    fields = " ".join(f"some{number}" for number in range(_SUBGRAPHS))
    operation = f"{{ {' '.join(f'a{n}: only{n % _SUBGRAPHS} {{ {fields} }}' for n in range(60))} }}"
    costs = []
    for options in (0, 2_000):
        plan = Planner(supergraph, PlanningLimits(max_options=options)).plan(parse(operation))
        costs.append(len(subgraphs_of(plan)))
    assert costs[1] <= costs[0] <= 2 * _SUBGRAPHS
