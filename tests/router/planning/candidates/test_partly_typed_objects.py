"""Objects that come both from an `@interfaceObject` and from the subgraph that owns the interface."""

from __future__ import annotations

from tests.router.planning.examples import BOOK, INTERFACE, MOVIE
from tests.router.planning.graphs import Graph, subgraphs_of

SHELF = {"__typename": "Shelf", "id": "s", "media": [MOVIE, BOOK], "best": BOOK}


def _shared() -> Graph:
    """Both the owner of the interface and an `@interfaceObject` return the same objects."""
    return Graph(
        {
            "owner": f"""{INTERFACE}
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


def test_the_interface_s_name_never_replaces_the_concrete_type() -> None:
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


def test_an_object_that_both_return_is_read_from_both_at_once() -> None:
    graph = _shared()
    assert sorted(subgraphs_of(graph.plan("{ media { __typename views } }"))) == ["owner", "views"]
    assert subgraphs_of(graph.plan("{ media { id views } }")) == ["views"]
    assert subgraphs_of(graph.plan("{ media { __typename id } }")) == ["owner"]


def test_an_interface_object_that_cannot_be_entered_is_read_where_it_is_returned() -> None:
    graph = Graph(
        {
            "owner": f"{INTERFACE} type Query {{ media: Media @shareable all: [Media] @shareable }}",
            "views": """type Media @key(fields: "id", resolvable: false) @interfaceObject {
                        id: ID! views: Int }
                        type Query { media: Media @shareable all: [Media] @shareable }""",
        },
        {"media": BOOK, "all": [BOOK, None, MOVIE]},
        [BOOK, MOVIE],
    )
    assert graph.answer("{ media { __typename views } }") == {"media": {"__typename": "Book", "views": 1}}
    assert graph.answer("{ all { ... on Book { views } } }") == {"all": [{"views": 1}, None, {}]}


def test_a_field_of_an_interface_object_is_read_there_with_entity_fetches_below_it() -> None:
    """Not after the fetch that resolves the types, which would take one more request and one more step."""
    book = {**BOOK, "same": [MOVIE, BOOK]}
    graph = Graph(
        {
            "owner": f"{INTERFACE} type Query {{ best: Media @shareable other: Int }}",
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


def test_types_are_not_resolved_where_only_what_is_below_needs_entity_fetches() -> None:
    book = {**BOOK, "same": MOVIE}
    graph = Graph(
        {
            "owner": f"{INTERFACE} type Query {{ best: Media @shareable }}",
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
