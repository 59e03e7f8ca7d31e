"""Rules of federation and of GraphQL, each on the smallest graph that shows it; answers written by hand."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.router.execution.declared import Declared, Object, answered

LINK = """extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [
  "@key", "@external", "@requires", "@provides", "@shareable", "@inaccessible", "@interfaceObject"])
"""
RENAMED = """schema @link(url: "https://specs.apollo.dev/federation/v2.9", as: "fed", import: [
  { name: "@key", as: "@identity" }, "@shareable"]) { query: Root mutation: Changes }
"""


def told(**arguments: Any) -> str:
    return json.dumps(arguments, sort_keys=True)


def _people() -> dict[str, Declared]:
    """Renamed roots and a renamed `@key` beside a subgraph of Federation 1."""
    one = {"id": "1"}
    return {
        "my-people.v1": Declared(
            RENAMED
            + """type Root { one: _Man same: _Man @shareable } type Changes { go: Done }
                 type Done { root: Root one: _Man } type _Man @identity(fields: "id") { id: ID! }""",
            {"one": one, "go": {"root": {"one": one}, "one": one}},
        ),
        "1st": Declared(
            """schema { query: Start } type Start { two: _Man again: Start }
               type _Man @key(fields: "id") { id: ID! on: Int fragment: Int type(of: Int): String }""",
            {"two": {"id": "2", "on": 2}, "again": {"two": {"id": "2", "on": 3}}},
            {"_Man": lambda sent: {**sent, "on": 1, "fragment": 4, "type": told}},
        ),
        "my_people_v1": Declared(
            LINK + 'type _Man @key(fields: "id") { id: ID! far: Int }',
            {},
            {"_Man": lambda sent: {**sent, "far": int(sent["id"])}},
        ),
    }


@pytest.mark.parametrize(
    ("query", "expected", "calls"),
    [
        ("{ __typename one { far } two { far on } }",
         {"__typename": "Query", "one": {"far": 1}, "two": {"far": 2, "on": 2}}, [1, 1, 1]),
        ("query query { one { on ...fragment } } fragment fragment on _Man { true: fragment null: on }",
         {"one": {"on": 1, "true": 4, "null": 1}}, [1, 1]),
        ("mutation { go { root { __typename one { far } two { on } } one { on } } }",
         {"go": {"root": {"__typename": "Query", "one": {"far": 1}, "two": {"on": 2}}, "one": {"on": 1}}},
         [1, 2, 1]),
        ("{ again { __typename two { on } one { id } } }",
         {"again": {"__typename": "Query", "two": {"on": 3}, "one": {"id": "1"}}}, [1, 1]),
        ("query ($representations: Int) { one { type(of: $representations) } }",
         {"one": {"type": '{"of": 7}'}}, [1, 1]),
        ("{ one { __typename: id on } }", {"one": {"__typename": "1", "on": 1}}, [1, 1]),
        ("{ _entities: one { _entities: on id: far far: id } }",
         {"_entities": {"_entities": 1, "id": 1, "far": "1"}}, [1, 1, 1]),
        ("mutation { __typename a: __typename }", {"__typename": "Mutation", "a": "Mutation"}, []),
    ],
)  # fmt: skip
async def test_names_are_the_client_s_own_and_the_subgraph_s_own(
    query: str, expected: Any, calls: list[int]
) -> None:
    answer, asked = await answered(_people(), query, {"representations": 7})
    assert answer == {"data": expected}
    assert json.dumps(answer["data"]) == json.dumps(expected)
    assert list(asked.values()) == calls


def _priced() -> dict[str, Declared]:
    """A requirement with lists and objects as arguments, through three subgraphs."""
    price = "price(in: [Unit!], exact: Boolean): String"
    units = "input Unit { of: Kind = KG name: String } enum Kind { KG G }"
    required = 'brands { land { price(in: [{ of: G, name: "a" }, {}], exact: true) } }'
    return {
        "wares": Declared(
            LINK
            + """type Query { ware: Ware } type Ware @key(fields: "id") { id: ID! brands: [[Brand]] }
                 type Brand @key(fields: "id") { id: ID! }""",
            {"ware": {"id": "1", "brands": [[{"id": "b"}, None], None]}},
        ),
        "brands": Declared(
            LINK
            + """type Brand @key(fields: "id") { id: ID! land: Land }
                 type Land @key(fields: "code") { code: ID! }""",
            {},
            {"Brand": lambda sent: {**sent, "land": {"code": "EC"}}},
        ),
        "lands": Declared(
            f'{LINK} type Land @key(fields: "code") {{ code: ID! {price} }} {units}',
            {},
            {"Land": lambda sent: {**sent, "price": told}},
        ),
        "labels": Declared(
            f"""{LINK} type Ware @key(fields: "id") {{ id: ID! brands: [[Brand]] @external
                label: String @requires(fields: {json.dumps(required)}) }}
                type Brand @key(fields: "id", resolvable: false) {{ id: ID! land: Land @external }} {units}
                type Land @key(fields: "code", resolvable: false) {{ code: ID! {price} @external }}""",
            {},
            {"Ware": lambda sent: {**sent, "label": json.dumps(sent["brands"])}},
        ),
    }


async def test_a_requirement_gives_lists_and_objects_whatever_the_client_gives() -> None:
    given = told(**{"in": [{"of": "G", "name": "a"}, {"of": "KG"}], "exact": True})
    label = json.dumps([[{"land": {"price": given}}, None], None])
    once = {"wares": 1, "brands": 1, "lands": 1, "labels": 1}
    assert await answered(_priced(), "{ ware { label } }") == ({"data": {"ware": {"label": label}}}, once)
    query = "{ ware { brands { land { price(in: { name: null }) } } label } }"
    theirs = [[{"land": {"price": told(**{"in": [{"of": "KG", "name": None}]})}}, None], None]
    assert await answered(_priced(), query) == ({"data": {"ware": {"brands": theirs, "label": label}}}, once)


async def test_requirements_on_two_interface_objects_and_a_type_follow_one_another() -> None:
    media = {kind[0]: {"__typename": kind, "id": kind[0], "title": kind} for kind in ("Book", "Film")}
    subgraphs = {
        "owner": Declared(
            LINK
            + """type Query { all: [Media] } interface Media @key(fields: "id") { id: ID! title: String }
                 type Book implements Media @key(fields: "id") { id: ID! title: String }
                 type Film implements Media @key(fields: "id") { id: ID! title: String }""",
            {"all": list(media.values())},
        ),
        "ranks": Declared(
            LINK + 'type Media @key(fields: "id") @interfaceObject { id: ID! rank: Int }',
            {},
            {"Media": lambda sent: {**sent, "__typename": "Media", "rank": len(sent["id"])}},
        ),
        "words": Declared(
            LINK
            + """type Media @key(fields: "id") @interfaceObject { id: ID! rank: Int @external
                 title: String @external word: String @requires(fields: "rank title") }""",
            {},
            {"Media": lambda sent: {**sent, "word": f"{sent['rank']}{sent['title']}"}},
        ),
        "books": Declared(
            LINK
            + """type Book @key(fields: "id") { id: ID! word: String @external
                 cover: String @requires(fields: "word") }""",
            {},
            {"Book": lambda sent: {**sent, "cover": f"<{sent['word']}>"}},
        ),
    }
    answer = await answered(subgraphs, "{ all { id ... on Book { cover } } }")
    assert answer == (
        {"data": {"all": [{"id": "B", "cover": "<1Book>"}, {"id": "F"}]}},
        {"owner": 1, "ranks": 1, "words": 1, "books": 1},
    )


async def test_errors_of_entities_stand_at_the_client_s_places_and_nulls_climb_no_further() -> None:
    def found(sent: Object) -> Object:
        return {**sent, "name": None if sent["id"] == "2" else "one"}

    subgraphs = {
        "lists": Declared(
            LINK + 'type Query { rows: [[A]] all: [A!] } type A @key(fields: "id") { id: ID }',
            {"rows": [[{"id": "1"}, {"id": "2"}], None, [{"id": "2"}, {"id": None}]], "all": [{"id": "2"}]},
        ),
        "names": Declared(LINK + 'type A @key(fields: "id") { id: ID name: String! }', {}, {"A": found}),
    }
    answer, asked = await answered(subgraphs, "{ rows { n: name } all { id name } }")
    assert answer["data"] == {"rows": [[{"n": "one"}, None], None, [None, None]], "all": None}
    paths = {json.dumps(error["path"]) for error in answer["errors"]}
    wanted = (["rows", 0, 1, "n"], ["rows", 2, 0, "n"], ["rows", 2, 1, "n"], ["all", 0, "name"])
    assert paths == set(map(json.dumps, wanted))
    assert asked == {"lists": 1, "names": 1}


async def test_a_subgraph_is_asked_for_its_own_types_and_arguments_only() -> None:
    """Members of one union and of one interface differ, and so do the optional arguments of a field."""
    first, second = {"__typename": "A", "id": "1", "a": 1}, {"__typename": "C", "id": "3", "c": 3}
    subgraphs = {
        "left": Declared(
            LINK
            + """type Query { left: [U] both(x: Int, y: Int): String @shareable } union U = A | C
                 interface I { id: ID! } type A implements I @key(fields: "id") { id: ID! a: Int }
                 type C @key(fields: "id") { id: ID! c: Int }""",
            {"left": [first, second], "both": told},
            {"A": lambda sent: {**first, **sent}, "C": lambda sent: {**second, **sent}},
        ),
        "right": Declared(
            LINK
            + """type Query { right: [U] both(x: Int): String @shareable } union U = B | C
                 interface I { id: ID! name: String } interface J { name: String }
                 type A implements I & J @key(fields: "id") { id: ID! name: String }
                 type B implements I { id: ID! name: String }
                 type C implements I & J @key(fields: "id") { id: ID! name: String }""",
            {"right": [{"__typename": "B", "id": "2", "name": "b"}, {"__typename": "C", "id": "3"}]},
            dict.fromkeys("AC", lambda sent: {**sent, "name": sent["__typename"]}),
        ),
    }
    query = """{ left { ... on J { name } ... on A { a } ... on B { name } }
                 right { ... on A { a } ... on I { id ... on C { c } } ... on B { name } } both(x: 1) }"""
    answer, asked = await answered(subgraphs, query)
    assert answer == {
        "data": {
            "left": [{"name": "A", "a": 1}, {"name": "C"}],
            "right": [{"id": "2", "name": "b"}, {"id": "3", "c": 3}],
            "both": '{"x": 1}',
        }
    }
    assert asked == {"left": 2, "right": 2}
