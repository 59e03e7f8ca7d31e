"""Conditions of the client's fields beside those that requirements read."""

from __future__ import annotations

from itertools import product

from marquee_router.planning.plan import Condition, EntityFetch
from tests.router.planning.graphs import Graph, fetches

_BOOLEANS = (True, False)


def _skipped() -> Graph:
    door = {"__typename": "Door", "id": "d", "width": 2, "colour": "c"}
    wall = {"__typename": "Wall", "height": 3, "length": 5, "door": door}
    house = {"__typename": "House", "id": "h", "wall": wall, "door": door, "price": "p", "rooms": "r"}
    return Graph(
        {
            "a": """type Query { house: House } type Door @key(fields: "id") { id: ID! width: Int }
                    type House @key(fields: "id") { id: ID! wall: Wall @shareable door: Door }
                    type Wall @shareable { height: Int length: Int door: Door }""",
            "b": """type Wall @shareable { height: Int length: Int door: Door }
                    type Door @key(fields: "id") { id: ID! colour: String }
                    type House @key(fields: "id") { id: ID! wall: Wall @external door: Door @external
                      price: String @requires(fields: "wall { length }")
                      rooms: String @requires(fields: "door { id } wall { door { id } }") }""",
        },
        {"house": house},
        [house, door],
    )


def test_a_skipped_field_is_not_read_beside_what_a_requirement_reads() -> None:
    graph = _skipped()
    plan = graph.plan("query ($s: Boolean!) { house { wall @skip(if: $s) { height } price } }")
    (first, _) = fetches(plan.node)
    assert "wall{height @skip(if:$s)length}" in first.operation
    selection = "wall @skip(if: $s) { height } price @include(if: $i)"
    plan = graph.plan(f"query ($s: Boolean!, $i: Boolean!) {{ house {{ {selection} }} }}")
    (first, _) = fetches(plan.node)
    assert "...@skip(if:$s){wall{height length @include(if:$i)}}" in first.operation
    assert "...@include(if:$i){wall{height @skip(if:$s)length}}" in first.operation


def test_a_condition_that_client_and_requirement_share_is_written_once() -> None:
    plan = _skipped().plan(
        "query ($i: Boolean!) { house { wall @include(if: $i) { height } price @include(if: $i) } }"
    )
    assert "wall @include(if:$i){height length}" in fetches(plan.node)[0].operation


def test_a_skipped_object_is_not_completed_because_a_requirement_has_its_key() -> None:
    graph = _skipped()
    for selection in ("door @skip(if: $s) { colour }", "wall @skip(if: $s) { door { colour width } }"):
        operation = f"query ($s: Boolean!) {{ house {{ {selection} rooms }} }}"
        graph.answer(operation, {"s": True})
        graph.answer(operation, {"s": False})
        fetch = fetches(graph.plan(operation).node)[1]
        assert isinstance(fetch, EntityFetch)
        assert {target.conditions for target in fetch.targets} == {((Condition("s", False),),), ()}


def test_conditions_beside_requirements_never_change_an_answer() -> None:
    graph = _skipped()
    selection = """
        wall @skip(if: $s) { height door @include(if: $i) { colour width } length @skip(if: $i) }
        ... @include(if: $i) { door { width colour @skip(if: $s) } } price @include(if: $s) rooms"""
    for s, i in product(_BOOLEANS, _BOOLEANS):
        variables = {"s": s, "i": i}
        graph.answer(f"query ($s: Boolean!, $i: Boolean!) {{ house {{ {selection} }} }}", variables)


def test_a_requirement_completes_an_object_that_the_client_skips() -> None:
    door = {"__typename": "Door", "id": "d", "width": 2, "colour": "c"}
    house = {"__typename": "House", "id": "h", "door": door, "look": "l"}
    graph = Graph(
        {
            "a": """type Query { house: House } type Door @key(fields: "id") { id: ID! }
                    type House @key(fields: "id") { id: ID! door: Door }""",
            "b": """type Door @key(fields: "id") { id: ID! width: Int colour: String }""",
            "c": """type Door @key(fields: "id") { id: ID! colour: String @external }
                    type House @key(fields: "id") { id: ID! door: Door @external
                      look: String @requires(fields: "door { colour }") }""",
        },
        {"house": house},
        [house, door],
    )
    operation = """query ($s: Boolean!, $i: Boolean!) {
        house { door @skip(if: $s) { width colour @skip(if: $i) } look @include(if: $i) } }"""
    for s, i in product(_BOOLEANS, _BOOLEANS):
        graph.answer(operation, {"s": s, "i": i})
