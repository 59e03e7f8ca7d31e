"""A null costs no object that did not select the field."""

from __future__ import annotations

import pytest

from tests.router.planning.examples import BOOK, INTERFACE, MOVIE
from tests.router.planning.graphs import Graph, subgraphs_of


def _nulls() -> Graph:
    """A book with a value for each non-null field, and a movie without."""
    book = {**BOOK, "sale": {"__typename": "Sale", "from": 1, "price": 2}}
    movie = {**MOVIE, "views": None, "sale": {"__typename": "Sale", "from": 3, "price": None}}
    return Graph(
        {
            "owner": f"{INTERFACE} type Query {{ best: Media @shareable }}",
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
def test_a_null_nulls_no_object_of_a_type_that_does_not_select_the_field(selection: str) -> None:
    graph = _nulls()
    for root in ("all", "last", "best"):
        operation = f"{{ {root} {{ {selection} }} }}"
        if "$no" in selection:
            operation = f"query ($no: Boolean!) {operation}"
        graph.answer(operation, {"no": False})
        assert len(subgraphs_of(graph.plan(operation))) <= 3


def test_a_field_whose_null_cannot_spread_is_read_of_all_types_at_once() -> None:
    graph = _nulls()
    assert subgraphs_of(graph.plan("{ all { ... on Book { rating sale { price } } } }")) == ["views", "owner"]
