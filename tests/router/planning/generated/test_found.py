"""What random operations found, one test each, as small as it could be made."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from marquee_router.request import RequestContext
from tests.router.execution.world_transport import Federation
from tests.router.planning.generated.text import LINK

_FILM = {"__typename": "Film", "__interfaces": ("Media",), "id": "f", "title": "Alien", "score": 8}
_BOOK = {"__typename": "Book", "__interfaces": ("Media",), "id": "b", "title": "Emma", "score": 9}
_OWNER = """
    interface Media @key(fields: "id") { id: ID! title: String }
    type Film implements Media @key(fields: "id") { id: ID! title: String }
    type Book implements Media @key(fields: "id") { id: ID! title: String }
"""
_SCORES = """
    type Media @key(fields: "id") @interfaceObject { id: ID! score: Int }
    type Query { best: [Media] }
"""


def _media() -> Federation:
    subgraphs = {"scores": LINK + _SCORES, "media": LINK + _OWNER}
    return Federation(subgraphs, {"__typename": "Query", "best": [_FILM, None, _BOOK]}, [_FILM, _BOOK])


async def test_an_interface_object_is_answered_without_its_type_when_nothing_asks_for_it() -> None:
    graph = _media()
    assert await graph.ask("{ best { id score } }") == {
        "data": {"best": [{"id": "f", "score": 8}, None, {"id": "b", "score": 9}]}
    }
    assert graph.calls() == {"scores": 1}
    await graph.engine.aclose()


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        (False, [{"score": 8}, None, {"score": 9}]),
        (True, [{"score": 8, "__typename": "Film"}, None, {"score": 9, "__typename": "Book"}]),
    ],
)
async def test_the_type_of_an_interface_object_matters_only_where_a_condition_asks_for_it(
    named: bool, expected: list[Any]
) -> None:
    graph = _media()
    query = "query ($named: Boolean!) { best { score __typename @include(if: $named) } }"
    assert await graph.ask(query, {"named": named}) == {"data": {"best": expected}}
    await graph.engine.aclose()


async def test_a_type_that_its_owner_does_not_know_is_never_invented() -> None:
    graph = _media()
    graph.transports["media"].down = True
    query = "query ($named: Boolean!) { best { score __typename @include(if: $named) } }"
    answer = await graph.ask(query, {"named": True})
    assert answer["data"] == {"best": [None, None, None]}
    assert answer["errors"]
    await graph.engine.aclose()


async def test_an_error_in_a_field_of_another_type_is_not_the_client_s() -> None:
    broken = {**_BOOK, "__faults": frozenset({"title"})}
    root = {"__typename": "Query", "best": [_FILM, broken]}
    graph = Federation({"scores": LINK + _SCORES, "media": LINK + _OWNER}, root, [_FILM, broken])
    answer = await graph.ask("{ best { ... on Film { title } } }")
    assert answer == {"data": {"best": [{"title": "Alien"}, {}]}}
    await graph.engine.aclose()


async def test_a_type_that_not_all_owners_of_a_shared_field_know_never_arrives() -> None:
    a = "union Any = V | E type Query { q: Any @shareable } type V { x: Int } type E { id: ID! @shareable }"
    b = "union Any = E type Query { q: Any @shareable } type V { y: Int } type E { id: ID! @shareable }"
    root = {"__typename": "Query", "q": {"__typename": "E", "id": "1"}}
    graph = Federation({"a": LINK + a, "b": LINK + b}, root, [])
    assert await graph.ask("{ q { ... on V { y } } }") == {"data": {"q": {}}}
    await graph.engine.aclose()


@pytest.mark.parametrize(("skipped", "keys"), [(True, ["b", "a"]), (False, ["a", "b"])])
async def test_a_field_stands_where_it_is_first_not_skipped(skipped: bool, keys: list[str]) -> None:
    graph = Federation(
        {"a": LINK + "type Query { a: V } type V { x: Int y: Int }", "b": LINK + "type Query { b: Int }"},
        {"__typename": "Query", "a": {"__typename": "V", "x": 1, "y": 2}, "b": 3},
        [],
    )
    query = "query ($s: Boolean!) { a @skip(if: $s) { x } b a { y x } }"
    answer = await graph.ask(query, {"s": skipped}, RequestContext(headers={}))
    assert list(answer["data"]) == keys
    assert list(answer["data"]["a"]) == (["y", "x"] if skipped else ["x", "y"])
    await graph.engine.aclose()


def _run(ran: list[str], name: str) -> int:
    ran.append(name)
    return 1


@pytest.mark.parametrize(("skipped", "order"), [(True, ["b", "a"]), (False, ["a", "b"])])
async def test_a_mutation_runs_where_it_is_first_not_skipped_and_once(
    skipped: bool, order: list[str]
) -> None:
    ran: list[str] = []
    graph = Federation(
        {
            "a": LINK + "type Query { x: Int } type Mutation { a: Int }",
            "b": LINK + "type Mutation { b: Int }",
        },
        {"__typename": "Query", "a": lambda: _run(ran, "a"), "b": lambda: _run(ran, "b")},
        [],
    )
    answer = await graph.ask("mutation ($s: Boolean!) { a @skip(if: $s) b a }", {"s": skipped})
    assert ran == order
    assert answer == {"data": dict.fromkeys(order, 1)}
    await graph.engine.aclose()


@pytest.mark.parametrize(
    ("skipped", "order"),
    [((True, True), ["b", "a"]), ((True, False), ["c", "b", "a"]), ((False, True), ["a", "b"])],
)
async def test_a_mutation_written_twice_is_one_request_where_one_subgraph_answers_all(
    skipped: tuple[bool, bool], order: list[str]
) -> None:
    ran: list[str] = []
    sdl = LINK + "type Query { x: Int } type Mutation { a: Int b: Int c: Int }"
    data = {name: partial(_run, ran, name) for name in "abc"}
    graph = Federation({"a": sdl}, {"__typename": "Query", **data}, [])
    query = "mutation ($s: Boolean!, $t: Boolean!) { a @skip(if: $s) c @skip(if: $t) b a }"
    answer = await graph.ask(query, {"s": skipped[0], "t": skipped[1]})
    assert ran == order
    assert list(answer["data"]) == order
    assert graph.calls() == {"a": 1}
    await graph.engine.aclose()


async def test_a_mutation_keeps_its_place_before_a_type_name() -> None:
    ran: list[str] = []
    sdl = LINK + "type Query { x: Int } type Mutation { a: Int b: Int }"
    data = {name: partial(_run, ran, name) for name in "ab"}
    graph = Federation({"a": sdl}, {"__typename": "Query", **data}, [])
    query = "mutation ($s: Boolean!) { ... @skip(if: $s) { a __typename b } a }"
    answer = await graph.ask(query, {"s": False})
    assert ran == ["a", "b"]
    assert list(answer["data"]) == ["a", "__typename", "b"]
    await graph.engine.aclose()


async def test_an_object_tells_its_type_where_other_subgraphs_give_the_field_an_interface() -> None:
    low = {"__typename": "E", "__interfaces": ("Node",), "id": "1", "name": "n"}
    top = {**low, "id": "0", "peer": low, "sum": "s"}
    graph = Federation(
        {
            "a": LINK + "type E { id: ID! @shareable peer: E @shareable } type Query { top: E }",
            "b": LINK
            + """type E implements Node @key(fields: "id") { id: ID! peer: Node @shareable name: String }
                 interface Node { id: ID! }""",
            "c": LINK
            + """type E implements Node @key(fields: "id") { id: ID! peer: Node @external
                   sum: String @requires(fields: "peer { id }") } interface Node { id: ID! }""",
        },
        {"__typename": "Query", "top": top},
        [top, low],
    )
    assert await graph.ask("{ top { peer { id } } }") == {"data": {"top": {"peer": {"id": "1"}}}}
    assert await graph.ask("{ top { peer { ... on E { name } } sum } }") == {
        "data": {"top": {"peer": {"name": "n"}, "sum": "s<peer=id=1>"}}
    }
    await graph.engine.aclose()


async def test_a_variable_of_what_is_never_read_is_not_declared() -> None:
    graph = Federation(
        {
            "a": LINK + "type Query { x: Int } type Mutation { a: V } type V { x(y: Int): Int z: Int }",
            "b": LINK + "type Mutation { b: Int }",
        },
        {"__typename": "Query", "a": {"__typename": "V", "x": 1, "z": 2}, "b": 1},
        [],
    )
    query = "mutation ($i: Boolean!, $y: Int) { a @include(if: $i) { x(y: $y) } b a { z } }"
    assert await graph.ask(query, {"i": False, "y": 1}) == {"data": {"b": 1, "a": {"z": 2}}}
    assert await graph.ask(query, {"i": True, "y": 1}) == {"data": {"a": {"x": 1, "z": 2}, "b": 1}}
    await graph.engine.aclose()
