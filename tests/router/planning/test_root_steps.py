"""Root fields: mutations in order, subscriptions, introspection."""

from __future__ import annotations

from graphql import parse

from marquee_router.planning.plan import EntityFetch, OperationKind, RootFetch, Subscribe
from marquee_router.planning.plan import Sequence as SequenceNode
from marquee_router.planning.print_plan import print_plan
from tests.router.planning.examples import users
from tests.router.planning.graphs import fetches, subgraphs_of


def test_mutations_run_in_document_order_each_root_once() -> None:
    plan = users().plan("mutation { first { age } third { age } again: first { id } }")
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
    node = users().plan("subscription { changed { name age } }").node
    assert isinstance(node, Subscribe)
    assert (node.source.subgraph, node.source.kind) == ("a", OperationKind.SUBSCRIPTION)
    assert subgraphs_of_rest(node) == ["b"]


def subgraphs_of_rest(node: Subscribe) -> list[str]:
    return [fetch.subgraph for fetch in fetches(node.rest)]


def test_introspection_and_typename_need_no_fetch() -> None:
    plan = users().plan('{ __typename __schema { types { name } } __type(name: "User") { name } }')
    assert plan.node is None
    assert [f.name for f in plan.response.by_type["Query"]] == ["__typename", "__schema", "__type"]


def test_a_deferred_fragment_does_not_change_the_order_of_mutations() -> None:
    graph = users()
    operation = "mutation { ... @defer { first { id } } third { id } first { name } }"
    assert subgraphs_of(graph.planner.plan(parse(operation))) == ["b", "a"]


def test_a_fragment_that_a_variable_defers_decides_when_a_mutation_runs() -> None:
    graph = users()
    operation = """mutation ($later: Boolean!) {
        ... @defer(if: $later) { first { id } } third { id } first { name } }"""
    lines = print_plan(graph.planner.plan(parse(operation))).splitlines()
    order = [line.strip(" {") for line in lines if line.strip().startswith(("If", "Fetch"))]
    assert order == ["If not $later", "Fetch a", "Fetch b", "If $later", "Fetch a"]
