"""Objects of an `@interfaceObject`, whose concrete types another subgraph resolves."""

from __future__ import annotations

import pytest

from tests.router.planning.examples import BOOK, INTERFACE, MOVIE
from tests.router.planning.graphs import Graph, subgraphs_of

_BOOK = {"__typename": "Book", "__interfaces": ["Media"], "id": "b", "title": "Book", "pages": 3, "views": 1}
_FILM = {"__typename": "Film", "__interfaces": ["Media"], "id": "f", "title": "Film", "length": 9, "views": 2}


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
        {"media": [_BOOK, _FILM], "viewed": [_FILM, _BOOK]},
        [_BOOK, _FILM],
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


def _bookable() -> Graph:
    room = {
        "__typename": "Room", "__interfaces": ["Bookable"], "id": "r", "seats": 4, "name": "R", "tables": 1,
        "occupancy": "o", "score": "s", "floor": 3,
    }  # fmt: skip
    hall = {
        "__typename": "Hall", "__interfaces": ["Bookable"], "id": "h", "seats": 9, "name": "H", "stage": True,
        "occupancy": "p", "score": "t",
    }  # fmt: skip
    return Graph(
        {
            "owner": """
                interface Bookable @key(fields: "id") { id: ID! seats: Int! name: String }
                type Room implements Bookable @key(fields: "id") {
                  id: ID! seats: Int! name: String tables: Int }
                type Hall implements Bookable @key(fields: "id") {
                  id: ID! seats: Int! name: String stage: Boolean }
                type Query { room: Room any: Bookable all: [Bookable] both: [Bookable] @shareable }""",
            "bookings": """
                type Bookable @key(fields: "id") @interfaceObject { id: ID! seats: Int! @external
                  occupancy(of: Int): String! @requires(fields: "seats") score(of: Int): String }
                type Query { booked: [Bookable] one: Bookable both: [Bookable] @shareable }""",
            "floors": 'type Room @key(fields: "id") { id: ID! floor: Int }',
        },
        {
            "room": room,
            "any": hall,
            "all": [room, None, hall],
            "both": [room, hall],
            "booked": [hall, room, None],
            "one": room,
        },
        [room, hall],
    )


@pytest.mark.parametrize(
    "selection",
    [
        "occupancy",
        "seats occupancy score",
        "__typename occupancy",
        "name occupancy ... on Room { tables }",
        "... on Room { occupancy }",
        "... on Room { occupancy floor } ... on Hall { stage }",
        "seats: occupancy(of: 1) occupancy: occupancy(of: 2)",
        "... on Room { v: occupancy(of: 1) } ... on Hall { v: occupancy(of: 2) }",
        "... on Room { v: score(of: 1) } ... on Hall { v: score(of: 2) }",
        "... on Room { score } ... on Hall { occupancy }",
        "... on Bookable { occupancy ... on Hall { score } }",
    ],
)
def test_an_interface_object_gets_what_its_fields_require(selection: str) -> None:
    graph = _bookable()
    for root in ("any", "all", "both", "booked", "one"):
        graph.answer(f"{{ {root} {{ {selection} }} }}")


def test_a_requirement_of_an_interface_object_holds_for_concrete_types_too() -> None:
    graph = _bookable()
    assert graph.answer("{ room { occupancy } }") == {"room": {"occupancy": "o<seats=4>"}}
    assert subgraphs_of(graph.plan("{ room { occupancy tables } }")) == ["owner", "bookings"]
    assert subgraphs_of(graph.plan("{ booked { occupancy } }")) == ["bookings", "owner", "bookings"]
    assert subgraphs_of(graph.plan("{ booked { ... on Room { score } } }")) == ["bookings", "owner"]


def test_a_requirement_read_from_the_interface_object_keeps_the_client_s_concrete_types() -> None:
    shelf = {"__typename": "Shelf", "id": "s", "best": BOOK, "all": [MOVIE, BOOK], "label": "l"}
    fields = "best: Media @shareable all: [Media] @shareable"
    graph = Graph(
        {
            "owner": f"""{INTERFACE} type Query {{ shelf: Shelf @shareable }}
                         type Shelf @key(fields: "id") {{ id: ID! {fields} }}""",
            "views": f"""type Media @key(fields: "id") @interfaceObject {{ id: ID! views: Int }}
                         type Query {{ shelf: Shelf @shareable near: Shelf }}
                         type Shelf @key(fields: "id") {{ id: ID! {fields} }}""",
            "labels": """type Media @key(fields: "id") @interfaceObject { id: ID! views: Int @external }
                         type Shelf @key(fields: "id") { id: ID! best: Media @external all: [Media] @external
                           label: String @requires(fields: "best { id views } all { views }") }""",
        },
        {"shelf": shelf, "near": shelf},
        [shelf, BOOK, MOVIE],
    )
    for root in ("shelf", "near"):
        graph.answer(f"{{ {root} {{ label }} }}")
        graph.answer(f"{{ {root} {{ best {{ __typename }} label }} }}")
        graph.answer(f"{{ {root} {{ best {{ id views }} all {{ title }} label }} }}")
        graph.answer(f"{{ {root} {{ all {{ views ... on Book {{ pages }} }} label }} }}")
    assert subgraphs_of(graph.plan("{ shelf { label } }")) == ["views", "labels"]
