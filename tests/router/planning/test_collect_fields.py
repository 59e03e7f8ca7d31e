"""Conditions of fields that are written more than once."""

from __future__ import annotations

import pytest
from graphql import parse

from marquee_router.planning.errors import TooComplexError
from marquee_router.planning.planner import Planner
from marquee_schema.supergraph import Supergraph
from tests.router.planning.examples import users
from tests.router.planning.graphs import subgraphs_of


def test_constant_conditions_are_resolved_and_contradictions_never_fetched() -> None:
    graph = users()
    assert subgraphs_of(graph.plan("{ user { id age @skip(if: true) } }")) == ["a"]
    operation = "query($a: Boolean!) { user @include(if: $a) { id ... @skip(if: $a) { age } } }"
    assert subgraphs_of(graph.plan(operation)) == ["a"]


def test_a_field_with_too_many_conditions_is_refused(supergraph: Supergraph) -> None:
    declared = ", ".join(f"$v{number}: Boolean!" for number in range(2_000))
    fields = " ".join(f"next @include(if: $v{number}) {{ id }}" for number in range(2_000))
    with pytest.raises(TooComplexError, match="@skip and @include"):
        Planner(supergraph).plan(parse(f"query({declared}) {{ only0 {{ {fields} }} }}"))
