"""Interfaces and unions, also where subgraphs know different members."""

from __future__ import annotations

from tests.router.planning.graphs import Graph, subgraphs_of

BOOK = {"__typename": "Book", "__interfaces": ["Media"], "id": "b", "title": "Book", "pages": 3, "views": 1}
FILM = {"__typename": "Film", "__interfaces": ["Media"], "id": "f", "title": "Film", "length": 9, "views": 2}


def test_interface_fields_that_live_elsewhere_are_fetched_per_type() -> None:
    graph = Graph(
        {
            "a": """type Query { media: [Media] } interface Media { id: ID! title: String }
                    type Book implements Media @key(fields: "id") { id: ID! title: String @shareable }
                    type Film implements Media @key(fields: "id") { id: ID! title: String @external }""",
            "b": """type Book @key(fields: "id") { id: ID! pages: Int }
                    type Film @key(fields: "id") { id: ID! title: String @shareable length: Int }""",
        },
        {"media": [BOOK, FILM, None]},
        [BOOK, FILM],
    )
    graph.answer("{ media { __typename title ... on Book { pages } ... on Film { n: length } } }")
    assert subgraphs_of(graph.plan("{ media { title } }")) == ["a", "b"]


def test_a_union_member_unknown_to_a_subgraph_is_left_out_of_its_operation() -> None:
    graph = Graph(
        {
            "a": """type Query { one: Any } union Any = Book
                    type Book @key(fields: "id") { id: ID! title: String }""",
            "b": """union Any = Book | Film type Book @key(fields: "id") { id: ID! }
                    type Film @key(fields: "id") { id: ID! length: Int } type Query { two: Any }""",
        },
        {"one": BOOK, "two": FILM},
        [BOOK, FILM],
    )
    operation = "{ one { ... on Film { length } } two { ... on Book { title } ... on Film { length } } }"
    assert graph.answer(operation) == {"one": {}, "two": {"length": 9}}
