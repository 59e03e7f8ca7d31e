"""Fields that would clash in the collected data have different keys."""

from __future__ import annotations

from graphql import parse

from tests.router.planning.graphs import Graph
from tests.router.planning.interpreter import Interpreter

BOOK = {"__typename": "Book", "__interfaces": ["Media"], "id": "b", "title": "Book", "pages": 3, "views": 1}
FILM = {"__typename": "Film", "__interfaces": ["Media"], "id": "f", "title": "Film", "length": 9, "views": 2}


def test_fields_with_one_response_key_and_different_shapes_get_different_keys() -> None:
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
