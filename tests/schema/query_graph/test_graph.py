"""The query graph: what can be read where, and how one gets from subgraph to subgraph."""

from __future__ import annotations

from graphql import OperationType

from marquee_schema.composition import Subgraph, compose
from marquee_schema.field_set import FieldSetField
from marquee_schema.query_graph import LabelCondition, Node, QueryGraph
from marquee_schema.supergraph import Supergraph, load_supergraph

_LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable",'
    ' "@external", "@requires", "@provides", "@override", "@interfaceObject"])\n'
)


def _graph(**subgraphs: str) -> QueryGraph[Supergraph]:
    composed = compose([Subgraph(name=n, url="", sdl=_LINK + sdl) for n, sdl in subgraphs.items()])
    return QueryGraph(load_supergraph(composed.supergraph_sdl))


def test_an_external_field_is_an_edge_only_where_it_is_provided() -> None:
    graph = _graph(
        a="""type Query { near: User @provides(fields: "name") far: User }
             type User @key(fields: "id") { id: ID! name: String @external }""",
        b='type User @key(fields: "id") { id: ID! name: String @shareable }',
    )
    (root,) = [node for node in graph.roots(OperationType.QUERY) if graph.field_edge(node, "near")]
    near, far = graph.field_edge(root, "near"), graph.field_edge(root, "far")
    assert near is not None
    assert far is not None
    assert near.head == Node("User", "a", (FieldSetField("name"),))
    assert far.head == Node("User", "a")
    assert near.head is not None
    assert graph.field_edge(near.head, "name") is not None
    assert graph.field_edge(Node("User", "a"), "name") is None


def test_entity_edges_carry_key_and_requirements_and_labels_are_conditions() -> None:
    graph = _graph(
        a='type Query { u: User } type User @key(fields: "id") { id: ID! name: String }',
        b="""type User @key(fields: "id") @key(fields: "id name", resolvable: false) { id: ID!
             name: String @override(from: "a", label: "percent(1)") age: Int }""",
        c="""type User @key(fields: "id") { id: ID! age: Int @external
             grade: Int @requires(fields: "age") }""",
    )
    edges = [(edge.head.subgraph, edge.key.text) for edge in graph.entity_edges("User")]
    assert edges == [("a", "id"), ("b", "id"), ("c", "id")]
    assert [edge.key.text for edge in graph.return_edges(Node("User", "b"))] == ["id", "id name"]
    grade, name = graph.field_edge(Node("User", "c"), "grade"), graph.field_edge(Node("User", "b"), "name")
    assert grade is not None
    assert grade.requires == (FieldSetField("age"),)
    assert name is not None
    assert name.condition == LabelCondition("percent(1)", enabled=True)


def test_an_interface_object_stands_for_all_types_and_cannot_be_narrowed() -> None:
    graph = _graph(
        a="""interface Media @key(fields: "id") { id: ID! }
             type Book implements Media @key(fields: "id") { id: ID! } type Query { media: Media }""",
        b='type Media @key(fields: "id") @interfaceObject { id: ID! views: Int }',
    )
    assert graph.nodes_of("Book", "b") == (Node("Media", "b"),)
    assert graph.abstract_moves(Node("Media", "b")) == ()
    assert [move.head for move in graph.abstract_moves(Node("Media", "a"))] == [Node("Book", "a")]
    assert {(e.head.type_name, e.head.subgraph, e.typename) for e in graph.entity_edges("Book")} == {
        ("Book", "a", "Book"),
        ("Media", "b", "Media"),
    }


def test_the_query_type_is_entered_again_from_any_of_its_nodes() -> None:
    graph = _graph(a="type Query { x: Int }", b="type Query { y: Int }")
    edges = graph.root_edges(Node("Query", "a"))
    assert [edge.head for edge in edges] == [Node("Query", "b")]
    assert graph.root_edges(Node("Other", "a")) == ()
    assert [edge.name for edge in graph.field_edges(Node("Query", "b"))] == ["y"]
