"""The nodes of the query graph: how a subgraph declares a type, and what it declares on it."""

from __future__ import annotations

from marquee_schema.field_set import FieldSetField
from marquee_schema.query_graph import Node
from tests.schema.query_graph.graphs import query_graph


def test_an_interface_object_stands_for_all_types_and_cannot_be_narrowed() -> None:
    graph = query_graph(
        a="""interface Media @key(fields: "id") { id: ID! }
             type Book implements Media @key(fields: "id") { id: ID! } type Query { media: Media }""",
        b='type Media @key(fields: "id") @interfaceObject { id: ID! views: Int }',
    )
    assert graph.nodes_of("Book", "b") == (Node("Media", "b"),)
    assert not graph.is_abstract(Node("Media", "b"))
    assert graph.runtime_types(Node("Media", "b")) == {"Media"}
    assert graph.is_abstract(Node("Media", "a"))
    assert graph.runtime_types(Node("Media", "a")) == {"Book"}
    assert graph.narrow(Node("Media", "a"), "Book") == Node("Book", "a")
    assert {(e.head.type_name, e.head.subgraph, e.typename) for e in graph.entity_edges("Book")} == {
        ("Book", "a", "Book"),
        ("Media", "b", "Media"),
    }


def test_what_is_provided_on_an_interface_is_not_provided_on_its_types_for_the_check() -> None:
    graph = query_graph(
        a="""type Query { media: Media @provides(fields: "owner { name } ... on Book { isbn }") }
             interface Media { owner: Owner }
             type Owner @key(fields: "id") { id: ID! name: String @external }
             type Book implements Media @key(fields: "id") {
               id: ID! owner: Owner @external isbn: String @external }""",
        b="""type Book @key(fields: "id") { id: ID! owner: Owner @shareable isbn: String @shareable }
             type Owner @key(fields: "id") { id: ID! name: String @shareable }""",
    )
    media = graph.field_edge(Node("Query", "a"), "media")
    assert media is not None
    assert media.head is not None
    owner, isbn = FieldSetField("owner", selections=(FieldSetField("name"),)), FieldSetField("isbn")
    assert graph.narrow(media.head, "Book") == Node("Book", "a", (owner, isbn))
    assert graph.narrow_by_fragments(media.head, "Book") == Node("Book", "a", (isbn,))


def test_an_own_key_is_one_whose_fields_the_subgraph_resolves() -> None:
    graph = query_graph(
        a='type Query { u: User } type User @key(fields: "id") { id: ID! }',
        b='type User @key(fields: "id") { id: ID! @external age: Int }',
    )
    assert graph.has_own_key(Node("User", "a"))
    assert not graph.has_own_key(Node("User", "b"))


def test_a_field_is_declared_on_its_type_or_on_an_interface_object_for_it() -> None:
    graph = query_graph(
        a="""type Query { media: Media } interface Media @key(fields: "id") { id: ID! }
             type Book implements Media @key(fields: "id") { id: ID! }""",
        b='type Media @key(fields: "id") @interfaceObject { id: ID! views: Int }',
    )
    assert graph.declaring_subgraphs("Book", "id") == ("a", "b")
    assert graph.declaring_subgraphs("Book", "views") == ("b",)
    assert graph.declaring_subgraphs("Book", "nothing") == ()
