"""Whole searches: many fields of one path, and fields that no subgraph can answer."""

from __future__ import annotations

import pytest
from graphql import parse

from marquee_router.planning.errors import NoPathError, PlanningError
from marquee_router.planning.planner import Planner
from marquee_schema.supergraph import load_supergraph
from tests.router.planning.examples import users
from tests.router.planning.graphs import subgraphs_of


def test_thousands_of_aliases_are_planned_as_two_fetches() -> None:
    aliases = " ".join(f"a{n}: user {{ age }}" for n in range(2_000))
    assert subgraphs_of(users().planner.plan(parse(f"{{ {aliases} }}"))) == ["a", "b"]


def test_a_field_that_no_subgraph_can_answer_is_an_error_that_names_it() -> None:
    sdl = users().supergraph.sdl.replace('@join__type(graph: B, key: "id")', "@join__type(graph: B)")
    planner = Planner(load_supergraph(sdl))
    with pytest.raises(NoPathError, match=r"User\.age") as caught:
        planner.plan(parse("{ user { age } }"))
    assert caught.value.path == ("user", "age")
    assert issubclass(NoPathError, PlanningError)
