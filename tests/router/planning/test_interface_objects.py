"""`@interfaceObject`: fields of an interface from a subgraph that cannot tell its types apart."""

from __future__ import annotations

import pytest

from tests.router.planning.graphs import Graph, subgraphs_of

BOOK = {"__typename": "Book", "__interfaces": ["Media"], "id": "b", "title": "B", "pages": 3, "views": 1}
MOVIE = {"__typename": "Movie", "__interfaces": ["Media"], "id": "m", "title": "M", "length": 9, "views": 2}
SHELF = {"__typename": "Shelf", "id": "s", "media": [MOVIE, BOOK], "best": BOOK}

_OWNED = """interface Media @key(fields: "id") { id: ID! title: String }
            type Book implements Media @key(fields: "id") { id: ID! title: String pages: Int }
            type Movie implements Media @key(fields: "id") { id: ID! title: String length: Int }"""


def _shared() -> Graph:
    """Both the owner and the interface object return the same objects."""
    return Graph(
        {
            "owner": f"""{_OWNED}
                type Query {{ media: Media @shareable all: [Media] @shareable shelf: Shelf @shareable }}
                type Shelf @key(fields: "id") {{ id: ID! media: [Media] @shareable best: Media }}""",
            "views": """type Media @key(fields: "id") @interfaceObject { id: ID! views(of: Int): Int! }
                type Query { media: Media @shareable all: [Media] @shareable near: Shelf
                              shelf: Shelf @shareable }
                type Shelf @key(fields: "id") { id: ID! media: [Media] @shareable }""",
        },
        {"media": BOOK, "all": [BOOK, None, MOVIE], "shelf": SHELF, "near": SHELF},
        [BOOK, MOVIE, SHELF],
    )


def test_the_interface_s_name_never_replaces_the_type_that_the_owner_told() -> None:
    graph = _shared()
    assert graph.answer("{ media { __typename views } }") == {"media": {"__typename": "Book", "views": 1}}
    graph.answer("{ media { title ... on Book { pages views } } }")
    graph.answer("{ media { title ... on Movie { views } ... on Book { pages } } }")
    graph.answer("{ media { __typename ... on Book { v: views(of: 1) } ... on Movie { v: views(of: 2) } } }")


def test_shared_lists_and_nested_values_are_merged_by_index_and_keep_their_types() -> None:
    graph = _shared()
    for selection in (
        "__typename views",
        "id views",
        "title views ... on Book { pages }",
        "... on Book { views } ... on Movie { length }",
        "t: __typename ... on Book { v: views(of: 1) } ... on Movie { v: views(of: 2) }",
    ):
        graph.answer(f"{{ all {{ {selection} }} }}")
        graph.answer(f"{{ shelf {{ media {{ {selection} }} best {{ {selection} }} }} }}")
        graph.answer(f"{{ near {{ media {{ {selection} }} }} }}")


def test_what_both_return_is_read_side_by_side() -> None:
    graph = _shared()
    assert sorted(subgraphs_of(graph.plan("{ media { __typename views } }"))) == ["owner", "views"]
    assert subgraphs_of(graph.plan("{ media { id views } }")) == ["views"]
    assert subgraphs_of(graph.plan("{ media { __typename id } }")) == ["owner"]


def test_an_interface_object_that_cannot_be_entered_is_read_where_it_is_returned() -> None:
    graph = Graph(
        {
            "owner": f"{_OWNED} type Query {{ media: Media @shareable all: [Media] @shareable }}",
            "views": """type Media @key(fields: "id", resolvable: false) @interfaceObject {
                        id: ID! views: Int }
                        type Query { media: Media @shareable all: [Media] @shareable }""",
        },
        {"media": BOOK, "all": [BOOK, None, MOVIE]},
        [BOOK, MOVIE],
    )
    assert graph.answer("{ media { __typename views } }") == {"media": {"__typename": "Book", "views": 1}}
    assert graph.answer("{ all { ... on Book { views } } }") == {"all": [{"views": 1}, None, {}]}


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


def test_a_requirement_read_of_the_interface_object_leaves_the_client_s_types_alone() -> None:
    shelf = {"__typename": "Shelf", "id": "s", "best": BOOK, "all": [MOVIE, BOOK], "label": "l"}
    fields = "best: Media @shareable all: [Media] @shareable"
    graph = Graph(
        {
            "owner": f"""{_OWNED} type Query {{ shelf: Shelf @shareable }}
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


def test_a_key_is_sent_whatever_the_client_calls_it_on_some_of_the_types() -> None:
    graph = Graph(
        {
            "owner": f"{_OWNED} type Query {{ other: Int }}",
            "views": """type Media @key(fields: "id") @interfaceObject { id: ID! views: Int same: Media }
                        type Query { best: Media all: [Media] }""",
        },
        {"best": BOOK, "all": [{**BOOK, "same": BOOK}, {**MOVIE, "same": MOVIE}], "other": 1},
        [BOOK, MOVIE],
    )
    assert graph.answer("{ best { ... on Book { w: id } } }") == {"best": {"w": "b"}}
    assert graph.answer("{ all { ... on Book { w: id } ... on Movie { id: title } } }") == {
        "all": [{"w": "b"}, {"id": "M"}]
    }
    graph.answer("{ all { ... on Book { id: views } ... on Movie { w: id } } }")
    graph.answer("{ all { same { ... on Book { id: title w: id } ... on Movie { x: title id_1: id } } } }")


def test_what_an_interface_object_has_is_read_there_with_hops_below_it() -> None:
    """Not by a hop from where the types are told, which would take a request and a step more."""
    book = {**BOOK, "same": [MOVIE, BOOK]}
    graph = Graph(
        {
            "owner": f"{_OWNED} type Query {{ best: Media @shareable other: Int }}",
            "views": """type Media @key(fields: "id") @interfaceObject { id: ID! views: Int same: [Media] }
                        type Query { best: Media @shareable number: Int }""",
        },
        {"best": book, "other": 1, "number": 2},
        [book, MOVIE],
    )
    operation = "{ other number best { id same { __typename views } } }"
    assert graph.answer(operation)["best"]["same"][0] == {"__typename": "Movie", "views": 2}
    assert sorted(subgraphs_of(graph.plan(operation))) == ["owner", "owner", "views"]
    some = "... on Book { same { ... on Book { pages } } }"
    graph.answer(f"{{ best {{ __typename same {{ title ... on Book {{ views }} }} {some} }} }}")
    graph.answer("{ best { title same { same { title } } ... on Book { pages } } }")


def _nulls() -> Graph:
    """One that has what may not be null, and one that has not."""
    book = {**BOOK, "sale": {"__typename": "Sale", "from": 1, "price": 2}}
    movie = {**MOVIE, "views": None, "sale": {"__typename": "Sale", "from": 3, "price": None}}
    return Graph(
        {
            "owner": f"{_OWNED} type Query {{ best: Media @shareable }}",
            "views": """type Media @key(fields: "id") @interfaceObject {
                          id: ID! views: Int! sale: Sale rating: Int }
                        type Sale { from: Int price: Int! }
                        type Query { best: Media @shareable all: [Media] last: Media }""",
        },
        {"all": [book, movie, None], "last": movie, "best": movie},
        [book, movie],
    )


@pytest.mark.parametrize(
    "selection",
    [
        "... on Book { views }",
        "rating ... on Book { views }",
        "sale { from } ... on Book { sale { price } }",
        "... on Movie { sale { from } } ... on Book { sale { from price } }",
        "... on Book { views } ... on Movie @include(if: $no) { views }",
        "... on Book @include(if: $no) { rating } ... on Movie { rating }",
    ],
)
def test_a_null_costs_no_object_of_a_type_that_did_not_ask_for_it(selection: str) -> None:
    graph = _nulls()
    for root in ("all", "last", "best"):
        operation = f"{{ {root} {{ {selection} }} }}"
        if "$no" in selection:
            operation = f"query ($no: Boolean!) {operation}"
        graph.answer(operation, {"no": False})
        assert len(subgraphs_of(graph.plan(operation))) <= 3


def test_what_a_null_cannot_cost_another_type_is_read_of_all_at_once() -> None:
    graph = _nulls()
    assert subgraphs_of(graph.plan("{ all { ... on Book { rating sale { price } } } }")) == ["views", "owner"]


def test_nobody_is_asked_for_types_where_the_interface_object_has_all_and_only_what_is_below_needs_hops() -> (
    None
):
    book = {**BOOK, "same": MOVIE}
    graph = Graph(
        {
            "owner": f"{_OWNED} type Query {{ best: Media @shareable }}",
            "views": """type Media @key(fields: "id") @interfaceObject { id: ID! views: Int same: Media }
                        type Query { best: Media @shareable }""",
        },
        {"best": book},
        [book, MOVIE],
    )
    operation = "{ best { id same { title } views } again: best { id } }"
    graph.answer(operation)
    assert subgraphs_of(graph.plan("{ best { id same { title } views } }")) == ["views", "owner"]
    graph.answer("{ best { same { title } ... on Book { views } } }")
    graph.answer("{ best { title same { title } } }")
