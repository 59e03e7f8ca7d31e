"""`@provides`: the provided field is read there and only there."""

from __future__ import annotations

from tests.router.planning.graphs import Graph, subgraphs_of
from tests.router.planning.world import Object


def test_provided_fields_are_read_in_place_at_any_depth_and_no_deeper() -> None:
    company: Object = {"__typename": "Company", "id": "c", "title": "T"}
    head = {"__typename": "User", "id": "2", "name": "m", "company": company}
    company["head"] = head
    user = {"__typename": "User", "id": "1", "name": "n", "company": company}
    graph = Graph(
        {
            "a": """type Query { far: User
                      near: User @provides(fields: "name company { title head { name } }") }
                    type User @key(fields: "id") { id: ID! name: String @external
                      company: Company @external }
                    type Company @key(fields: "id") { id: ID! title: String @external
                      head: User @external }""",
            "b": """type User @key(fields: "id") { id: ID! name: String @shareable
                      company: Company @shareable }
                    type Company @key(fields: "id") { id: ID! title: String @shareable
                      head: User @shareable }""",
        },
        {"near": user, "far": user},
        [user, head, company],
    )
    provided = "{ near { name company { title head { name } } } }"
    graph.answer(provided)
    assert subgraphs_of(graph.plan(provided)) == ["a"]
    graph.answer("{ near { company { head { company { title } } } } far { name company { title } } }")
    assert subgraphs_of(graph.plan("{ near { company { head { company { title } } } } }")) == ["a", "b"]


def test_what_is_provided_on_a_union_member_is_read_of_that_member_only() -> None:
    found: list[Object] = [
        {"__typename": "Book", "id": "b", "title": "B"},
        {"__typename": "Film", "id": "f", "title": "F", "minutes": 9},
    ]
    graph = Graph(
        {
            "a": """type Query { far: [Found]
                      near: [Found] @provides(fields: "... on Book { title } ... on Film { minutes }") }
                    union Found = Book | Film
                    type Book @key(fields: "id") { id: ID! title: String @external }
                    type Film @key(fields: "id") { id: ID! minutes: Int @external }""",
            "b": """type Book @key(fields: "id") { id: ID! title: String @shareable }
                    type Film @key(fields: "id") { id: ID! title: String minutes: Int @shareable }""",
        },
        {"near": found, "far": found},
        found,
    )
    for root in ("near", "far"):
        graph.answer(f"{{ {root} {{ ... on Book {{ title }} ... on Film {{ minutes }} }} }}")
        graph.answer(f"{{ {root} {{ ... on Book {{ title }} ... on Film {{ title minutes }} }} }}")
    assert subgraphs_of(graph.plan("{ near { ... on Book { title } ... on Film { minutes } } }")) == ["a"]
    assert subgraphs_of(graph.plan("{ near { ... on Film { title } } }")) == ["a", "b"]
    assert subgraphs_of(graph.plan("{ far { ... on Book { title } } }")) == ["a", "b"]
