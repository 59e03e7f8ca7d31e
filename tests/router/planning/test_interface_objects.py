"""`@interfaceObject`: fields of an interface from a subgraph that cannot tell its types apart."""

from __future__ import annotations

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
