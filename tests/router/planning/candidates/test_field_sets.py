"""Required objects with the types that a subgraph must be sent, where an `@interfaceObject` returns them."""

from __future__ import annotations

import pytest

from tests.router.planning.graphs import Graph, subgraphs_of

_BOOK = {"__typename": "Book", "__interfaces": ["Media"], "id": "b", "title": "B", "pages": 3, "views": 1}


_MOVIE = {"__typename": "Movie", "__interfaces": ["Media"], "id": "m", "title": "M", "length": 9, "views": 2}


def _graph(required: str) -> Graph:
    """`label` needs objects with their concrete types, which `views` does not know."""
    shelf = {
        "__typename": "Shelf",
        "id": "s",
        "best": _BOOK,
        "all": [_MOVIE, _BOOK],
        "label": "l",
        "other": "o",
    }
    shared = "best: Media @shareable all: [Media] @shareable"
    whole = "best { ... on Book { pages title } ... on Movie { length title } } all { id }"
    return Graph(
        {
            "owner": f"""
                interface Media @key(fields: "id") {{ id: ID! title: String }}
                type Book implements Media @key(fields: "id") {{ id: ID! title: String pages: Int }}
                type Movie implements Media @key(fields: "id") {{ id: ID! title: String length: Int }}
                type Query {{ shelf: Shelf @shareable }}
                type Shelf @key(fields: "id") {{ id: ID! {shared} }}""",
            "views": f"""
                type Media @key(fields: "id") @interfaceObject {{ id: ID! views: Int }}
                type Query {{ shelf: Shelf @shareable near: Shelf }}
                type Shelf @key(fields: "id") {{ id: ID! {shared} }}""",
            "labels": f"""
                interface Media {{ id: ID! }}
                type Book implements Media @key(fields: "id") {{
                  id: ID! title: String @external pages: Int @external }}
                type Movie implements Media @key(fields: "id") {{
                  id: ID! title: String @external length: Int @external }}
                type Shelf @key(fields: "id") {{ id: ID! best: Media @external all: [Media] @external
                  label: String @requires(fields: "{required}")
                  other: String @requires(fields: "{whole}") }}""",
        },
        {"shelf": shelf, "near": shelf},
        [shelf, _BOOK, _MOVIE],
    )


@pytest.mark.parametrize(
    "required",
    [
        "best { id }",
        "best { __typename }",
        "best { ... on Book { pages } }",
        "all { ... on Book { title pages } ... on Movie { title } }",
        "best { __typename id ... on Book { title } } all { id }",
    ],
)
def test_a_required_object_is_sent_under_its_own_type_whatever_else_is_read_of_it(required: str) -> None:
    graph = _graph(required)
    for selection in (
        "label",
        "label best { __typename }",
        "label best { __typename views }",
        "label best { id views } all { views }",
        "label all { ... on Book { views } }",
        "label best { ... on Book { views __typename } } all { views title }",
        "other label best { __typename views }",
        "other all { views __typename }",
    ):
        for root in ("shelf", "near"):
            graph.answer(f"{{ {root} {{ {selection} }} }}")


def test_a_concrete_type_is_resolved_before_it_is_sent() -> None:
    assert subgraphs_of(_graph("best { id }").plan("{ near { label } }")) == ["views", "owner", "labels"]
