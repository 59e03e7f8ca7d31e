"""Progressive overrides: each field is read where its label says."""

from __future__ import annotations

from tests.router.planning.graphs import Graph, subgraphs_of


def test_progressive_override_follows_its_label() -> None:
    user = {"__typename": "User", "id": "1", "name": "n"}
    graph = Graph(
        {
            "a": 'type Query { user: User } type User @key(fields: "id") { id: ID! name: String }',
            "b": """type User @key(fields: "id") { id: ID!
                    name: String @override(from: "a", label: "percent(50)") }""",
        },
        {"user": user},
        [user],
    )
    assert graph.supergraph.override_labels == {"percent(50)"}
    assert subgraphs_of(graph.plan("{ user { name } }")) == ["a"]
    assert subgraphs_of(graph.plan("{ user { name } }", ["percent(50)"])) == ["a", "b"]


def test_a_progressive_override_of_a_field_that_its_old_subgraph_needs_follows_its_label_too() -> None:
    user = {"__typename": "User", "__interfaces": ("Named",), "id": "1", "name": "n", "hello": "h"}
    graph = Graph(
        {
            "a": """type Query { user: User named: Named } interface Named { name: String }
                    type User implements Named @key(fields: "id") { id: ID! name: String }""",
            "b": """type User @key(fields: "id") { id: ID!
                    name: String @override(from: "a", label: "percent(50)") }""",
        },
        {"user": user, "named": user},
        [user],
    )
    for root in ("user", "named"):
        operation = f"{{ {root} {{ name }} }}"
        graph.answer(operation)
        graph.answer(operation, labels=["percent(50)"])
        assert subgraphs_of(graph.plan(operation)) == ["a"]
        assert subgraphs_of(graph.plan(operation, ["percent(50)"])) == ["a", "b"]
