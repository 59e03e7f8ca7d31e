"""Whole operations: mutations in order, subscriptions, root re-entry, introspection, bounds and refusals."""

from __future__ import annotations

import pytest
from graphql import parse

from marquee_router.planning.errors import NoPathError, NormalisationError, PlanningError, TooComplexError
from marquee_router.planning.override import enabled_labels, percentage
from marquee_router.planning.plan import EntityFetch, OperationKind, RootFetch, Subscribe
from marquee_router.planning.plan import Sequence as SequenceNode
from marquee_router.planning.planner import Planner
from marquee_schema.supergraph import load_supergraph
from tests.router.planning.graphs import Graph, fetches, subgraphs_of

USER = {"__typename": "User", "id": "1", "name": "n", "age": 4}


def _graph() -> Graph:
    return Graph(
        {
            "a": """type Query { user: User shared: User @shareable }
                    type Mutation { first: User second: Query }
                    type Subscription { changed: User }
                    type User @key(fields: "id") { id: ID! name: String friend: User }""",
            "b": """type Query { other: User shared: User @shareable } type Mutation { third: User }
                    type User @key(fields: "id") { id: ID! age: Int }""",
        },
        {"user": USER, "other": USER, "shared": USER},
        [USER],
    )


def test_mutations_run_in_document_order_each_root_once() -> None:
    plan = _graph().plan("mutation { first { age } third { age } again: first { id } }")
    assert isinstance(plan.node, SequenceNode)
    assert [(f.subgraph, isinstance(f, EntityFetch)) for f in fetches(plan.node)] == [
        ("a", False),
        ("b", True),
        ("b", False),
        ("a", False),
    ]
    kinds = [f.kind for f in fetches(plan.node) if isinstance(f, RootFetch)]
    assert kinds == [OperationKind.MUTATION] * 3


def test_a_subscription_has_one_source_and_completes_each_event() -> None:
    node = _graph().plan("subscription { changed { name age } }").node
    assert isinstance(node, Subscribe)
    assert (node.source.subgraph, node.source.kind) == ("a", OperationKind.SUBSCRIPTION)
    assert subgraphs_of_rest(node) == ["b"]


def subgraphs_of_rest(node: Subscribe) -> list[str]:
    return [fetch.subgraph for fetch in fetches(node.rest)]


def test_a_query_below_a_mutation_is_entered_again_where_its_fields_live() -> None:
    plan = _graph().plan("mutation { second { user { id } other { age } } }")
    again = [f for f in fetches(plan.node) if isinstance(f, RootFetch) and f.path]
    assert [(f.subgraph, f.kind, f.path) for f in again] == [("b", OperationKind.QUERY, ("second",))]


def test_shared_roots_are_read_from_as_few_subgraphs_as_can_answer() -> None:
    graph = _graph()
    assert subgraphs_of(graph.plan("{ shared { age } }")) == ["b"]
    assert subgraphs_of(graph.plan("{ shared { id } other { id } }")) == ["b"]
    assert sorted(subgraphs_of(graph.plan("{ shared { age name } }"))) == ["a", "b"]
    graph.answer("{ shared { age name } other { name } }")


def test_introspection_and_typename_need_no_fetch() -> None:
    plan = _graph().plan('{ __typename __schema { types { name } } __type(name: "User") { name } }')
    assert plan.node is None
    assert [f.name for f in plan.response.by_type["Query"]] == ["__typename", "__schema", "__type"]


def test_constant_conditions_are_resolved_and_contradictions_never_fetched() -> None:
    graph = _graph()
    assert subgraphs_of(graph.plan("{ user { id age @skip(if: true) } }")) == ["a"]
    operation = "query($a: Boolean!) { user @include(if: $a) { id ... @skip(if: $a) { age } } }"
    assert subgraphs_of(graph.plan(operation)) == ["a"]


def test_unknown_operations_are_refused() -> None:
    with pytest.raises(NormalisationError):
        _graph().planner.plan(parse("query A { user { id } } query B { user { id } }"))


def test_deep_nesting_is_refused_with_a_clear_error() -> None:
    operation = "{ user " + "{ friend " * 150 + "{ id }" + " }" * 150 + " }"
    with pytest.raises(TooComplexError, match="levels deep"):
        _graph().planner.plan(parse(operation))


def test_a_fragment_bomb_is_refused_or_planned_in_bounds() -> None:
    fragments = " ".join(
        f"fragment F{n} on User {{ a: friend {{ ...F{n + 1} }} b: friend {{ ...F{n + 1} }} }}"
        for n in range(40)
    )
    with pytest.raises(TooComplexError):
        _graph().planner.plan(parse(f"{{ user {{ ...F0 }} }} {fragments} fragment F40 on User {{ id }}"))


def test_thousands_of_aliases_are_planned_as_two_fetches() -> None:
    aliases = " ".join(f"a{n}: user {{ age }}" for n in range(2_000))
    assert subgraphs_of(_graph().planner.plan(parse(f"{{ {aliases} }}"))) == ["a", "b"]


def test_what_cannot_be_reached_is_an_error_that_names_the_field() -> None:
    sdl = _graph().supergraph.sdl.replace('@join__type(graph: B, key: "id")', "@join__type(graph: B)")
    planner = Planner(load_supergraph(sdl))
    with pytest.raises(NoPathError, match=r"User\.age") as caught:
        planner.plan(parse("{ user { age } }"))
    assert caught.value.path == ("user", "age")
    assert issubclass(NoPathError, PlanningError)


def test_labels_are_decided_by_hook_first_then_by_percentage() -> None:
    labels = ["percent(30)", "percent(80)", "beta"]
    assert enabled_labels(labels, lambda: 50.0) == {"percent(80)"}
    assert enabled_labels(labels, lambda: 50.0, lambda label: label == "beta" or None) == {
        "percent(80)",
        "beta",
    }
    assert percentage("percent(0.5)") == 0.5
    assert percentage("beta") is None
