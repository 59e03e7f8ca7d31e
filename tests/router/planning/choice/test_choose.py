"""The cheapest combination of candidate paths."""

from __future__ import annotations

from graphql import parse

from marquee_router.planning.planner import Planner, PlanningLimits
from marquee_schema.supergraph import Supergraph
from tests.router.planning.examples import SUBGRAPHS, users
from tests.router.planning.graphs import subgraphs_of


def test_shared_roots_are_read_from_as_few_subgraphs_as_can_answer() -> None:
    graph = users()
    assert subgraphs_of(graph.plan("{ shared { age } }")) == ["b"]
    assert subgraphs_of(graph.plan("{ shared { id } other { id } }")) == ["b"]
    assert sorted(subgraphs_of(graph.plan("{ shared { age name } }"))) == ["a", "b"]
    graph.answer("{ shared { age name } other { name } }")


def test_the_cheapest_plan_found_is_taken_when_no_more_may_be_tried(supergraph: Supergraph) -> None:
    """At each of sixty places six fields that two subgraphs answer: far more plans than can be tried."""
    fields = " ".join(f"some{number}" for number in range(SUBGRAPHS))
    operation = f"{{ {' '.join(f'a{n}: only{n % SUBGRAPHS} {{ {fields} }}' for n in range(60))} }}"
    costs = []
    for options in (0, 2_000):
        plan = Planner(supergraph, PlanningLimits(max_options=options)).plan(parse(operation))
        costs.append(len(subgraphs_of(plan)))
    assert costs[1] <= costs[0] <= 2 * SUBGRAPHS
