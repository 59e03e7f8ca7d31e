"""The planner's own fields beside the client's, whatever keys the client uses."""

from __future__ import annotations

from tests.router.planning.examples import BOOK, INTERFACE, MOVIE, shop
from tests.router.planning.graphs import Graph


def test_the_client_may_use_the_key_s_name_as_an_alias_of_another_field() -> None:
    answer = shop().answer("{ one { upc: region name price __typename t: __typename } __typename }")
    assert answer["one"]["upc"] == "eu"
    assert answer["one"]["t"] == "Product"


def test_a_key_is_sent_whatever_alias_the_client_gives_it_on_some_of_the_types() -> None:
    graph = Graph(
        {
            "owner": f"{INTERFACE} type Query {{ other: Int }}",
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
