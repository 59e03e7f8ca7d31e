"""Interfaces, unions and interface objects, also where subgraphs know different members."""

from __future__ import annotations

from graphql import parse

from tests.router.planning.graphs import Graph, subgraphs_of
from tests.router.planning.interpreter import Interpreter

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


def test_fields_of_one_response_name_with_different_shapes_are_aliased_apart() -> None:
    graph = Graph(
        {
            "a": """type Query { any: [Any] } union Any = Book | Film
                    type Book { id: ID! } type Film { id: ID }""",
        },
        {"any": [BOOK, FILM]},
        [],
    )
    plan = graph.planner.plan(parse("{ any { ... on Book { id } ... on Film { id } } }"))
    found = Interpreter(graph.supergraph.api_schema, graph.world.subgraphs).run(plan, {})
    assert found == {"any": [{"id": "b"}, {"id": "f"}]}


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


def _views() -> Graph:
    return Graph(
        {
            "owner": """interface Media @key(fields: "id") { id: ID! title: String }
                        type Book implements Media @key(fields: "id") { id: ID! title: String pages: Int }
                        type Film implements Media @key(fields: "id") { id: ID! title: String }
                        type Query { media: [Media] }""",
            "views": """type Media @key(fields: "id") @interfaceObject { id: ID! views: Int }
                        type Query { viewed: [Media] }""",
        },
        {"media": [BOOK, FILM], "viewed": [FILM, BOOK]},
        [BOOK, FILM],
    )


def test_an_interface_object_answers_for_all_types_without_asking_the_owner() -> None:
    graph = _views()
    plan = graph.plan("{ viewed { id views } }")
    assert subgraphs_of(plan) == ["views"]
    graph.answer("{ viewed { id views } }")


def test_the_type_of_an_interface_object_comes_from_its_owner() -> None:
    graph = _views()
    assert graph.answer("{ viewed { __typename views } }")["viewed"][0] == {"__typename": "Film", "views": 2}
    assert subgraphs_of(graph.plan("{ viewed { __typename } }")) == ["views", "owner"]


def test_a_type_condition_asks_the_owner_and_filters() -> None:
    graph = _views()
    operation = "{ viewed { ... on Book { views pages } } }"
    assert graph.answer(operation) == {"viewed": [{}, {"views": 1, "pages": 3}]}
    assert subgraphs_of(graph.plan(operation)) == ["views", "owner"]
    assert graph.answer("{ viewed { ... on Film { views } } }") == {"viewed": [{"views": 2}, {}]}
    assert subgraphs_of(graph.plan("{ viewed { ... on Film { views } } }")) == ["views", "owner"]


def test_an_interface_object_adds_fields_to_objects_of_the_owner() -> None:
    graph = _views()
    assert graph.answer("{ media { title views } }")["media"][0] == {"title": "Book", "views": 1}
    assert subgraphs_of(graph.plan("{ media { views ... on Book { pages } } }")) == ["owner", "views"]
