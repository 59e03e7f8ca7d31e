"""The query graph: which fields can be read at a node, and which edges lead to other subgraphs."""

from __future__ import annotations

from graphql import OperationType

from marquee_schema.field_set import FieldSetField
from marquee_schema.query_graph import LabelCondition, Node
from tests.schema.query_graph.graphs import query_graph


def test_an_external_field_is_an_edge_only_where_it_is_provided() -> None:
    graph = query_graph(
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
    graph = query_graph(
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


def test_the_query_type_is_entered_again_from_any_of_its_nodes() -> None:
    graph = query_graph(a="type Query { x: Int }", b="type Query { y: Int }")
    edges = graph.root_edges(Node("Query", "a"))
    assert [edge.head for edge in edges] == [Node("Query", "b")]
    assert graph.root_edges(Node("Other", "a")) == ()
    assert graph.field_edge(Node("Query", "b"), "y") is not None
    assert graph.field_edge(Node("Query", "b"), "x") is None


def test_the_check_enters_any_root_type_again_but_a_plan_only_the_query_type() -> None:
    graph = query_graph(
        a="type Query { x: Int } type Mutation { m: Payload } type Payload { mutation: Mutation }",
        b="type Mutation { n: Int }",
    )
    node = Node("Mutation", "a")
    assert graph.root_edges(node) == ()
    assert [edge.head for edge in graph.root_edges(node, tuple(OperationType))] == [Node("Mutation", "b")]


def test_a_field_of_an_interface_is_read_there_only_if_every_type_resolves_it() -> None:
    graph = query_graph(
        a="""type Query { media: Media } interface Media { id: ID! title: String }
             type Book implements Media @key(fields: "id") { id: ID! title: String }
             type Film implements Media @key(fields: "id") { id: ID! title: String @external }""",
        b='type Film @key(fields: "id") { id: ID! title: String @shareable }',
    )
    assert graph.field_edge(Node("Media", "a"), "id") is not None
    assert graph.field_edge(Node("Media", "a"), "title") is None
    assert graph.field_edge(Node("Book", "a"), "title") is not None


def test_no_edge_leads_to_an_interface_object_whose_key_the_type_does_not_declare() -> None:
    graph = query_graph(
        a="""type Query { book: Book } interface Media @key(fields: "id") { id: ID! }
             type Book implements Media @key(fields: "id") @key(fields: "isbn") { id: ID! isbn: ID! }""",
        b='type Media @key(fields: "id") @interfaceObject { id: ID! views: Int }',
        c='type Query { found: Book } type Book @key(fields: "isbn") { isbn: ID! }',
    )
    assert [edge.head for edge in graph.entity_edges_from(Node("Book", "a"))] == [
        Node("Book", "c"),
        Node("Media", "b"),
    ]
    assert {edge.head for edge in graph.entity_edges_from(Node("Book", "c"))} == {Node("Book", "a")}
