"""Fetches run only when something that they select is needed."""

from __future__ import annotations

from graphql import parse

from marquee_router.planning.planner import Planner
from marquee_router.planning.print_plan import print_plan
from marquee_schema.supergraph import Supergraph
from tests.router.planning.examples import shop
from tests.router.planning.graphs import subgraphs_of


def test_a_skipped_field_is_never_fetched() -> None:
    graph = shop()
    operation = "query($a: Boolean!) { one { upc label @include(if: $a) } }"
    assert graph.calls(operation, {"a": False}) == ["catalog"]
    assert sorted(graph.calls(operation, {"a": True})) == ["catalog", "details", "labels", "shipping"]


def test_a_fetch_with_too_many_conditions_has_none(supergraph: Supergraph) -> None:
    """It runs whatever the conditions of its hundred fields are; each field keeps its own."""
    declared = ", ".join(f"$v{number}: Boolean!" for number in range(100))
    fields = " ".join(f"a{number}: own1 @include(if: $v{number})" for number in range(100))
    plan = Planner(supergraph).plan(parse(f"query({declared}) {{ only0 {{ {fields} }} }}"))
    assert subgraphs_of(plan) == ["s0", "s1"]
    assert print_plan(plan).count("@include(if: $v") == 100
