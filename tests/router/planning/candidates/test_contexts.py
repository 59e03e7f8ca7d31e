"""`@context` and `@fromContext`: arguments that the router fills from what stands above, carried out."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import orjson
import pytest
from graphql import parse, validate

from marquee_router.execution.incremental.formats import IncrementalFormat
from marquee_router.planning.plan import EntityFetch
from marquee_router.planning.planner import Planner
from marquee_router.request import GraphQLRequest, RequestContext
from tests.router.execution.world_transport import Federation
from tests.router.planning.generated.operations import Operation
from tests.router.planning.graphs import fetches, subgraphs_of

_LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable",'
    ' "@external", "@requires", "@context", "@fromContext", "@interfaceObject"])\n'
)


def _graph(subgraphs: dict[str, str], root: dict[str, Any], entities: list[dict[str, Any]]) -> Federation:
    linked = {name: _LINK + sdl for name, sdl in subgraphs.items()}
    return Federation(linked, {"__typename": "Query", **root}, entities)


async def _data(graph: Federation, query: str, variables: dict[str, Any] | None = None) -> Any:
    assert validate(graph.supergraph.api_schema, parse(query)) == []
    plan = Planner(graph.supergraph).plan(parse(query))
    for fetch in fetches(plan.node):
        schema = graph.world.subgraphs[fetch.subgraph].schema
        assert validate(schema, parse(fetch.operation)) == [], fetch.operation
    answer = await graph.ask(query, variables)
    assert answer.keys() == {"data"}, answer
    return answer["data"]


def _money() -> Federation:
    """Amounts in the currency of the user they are read for; one payment belongs to several users."""
    paid = {"__typename": "Payment", "id": "p", "amount": "5", "label": "l", "again": "A", "memo": "m"}
    back = {"__typename": "Payment", "id": "b", "amount": "7", "label": "k", "again": "B", "memo": "n"}
    euro = {"__typename": "Currency", "code": "EUR"}
    ann: dict[str, Any] = {
        "__typename": "User",
        "id": "a",
        "name": "Ann",
        "currency": euro,
        "payments": [paid, None, back],
    }
    ben: dict[str, Any] = {
        "__typename": "User",
        "id": "b",
        "name": "Ben",
        "currency": {**euro, "code": "YEN"},
        "payments": [paid],
    }
    cat: dict[str, Any] = {
        "__typename": "User",
        "id": "c",
        "name": None,
        "currency": None,
        "payments": [paid],
    }
    dan: dict[str, Any] = {
        "__typename": "User",
        "id": "d",
        "name": "Dan",
        "currency": euro,
        "payments": [back],
    }
    for user in (ann, ben, cat, dan):
        user["last"] = user["payments"][-1]
        user["total"] = f"all of {user['id']}"
    return _graph(
        {
            "money": """
                type Query { users: [User] user: User }
                type User @key(fields: "id") @context(name: "user") {
                  id: ID! name: String @external currency: Currency payments: [Payment] last: Payment!
                  total(digits: Int): String @requires(fields: "name") }
                type Currency { code: String! }
                type Payment @key(fields: "id") {
                  id: ID! label: String
                  amount(in: String @fromContext(field: "$user { currency { code } }") digits: Int): String
                  again(in: String @fromContext(field: "$user { currency { code } }")): String
                  memo(by: String @fromContext(field: "$user { name }")): String }""",
            "people": 'type User @key(fields: "id") { id: ID! name: String }',
        },
        {"users": [ann, ben, None, cat, dan], "user": ben},
        [ann, ben, cat, dan, paid, back],
    )


async def test_each_parent_s_value_fills_the_argument_of_its_own_children() -> None:
    graph = _money()
    assert await _data(graph, "{ users { id last { id amount } } }") == {
        "users": [
            {"id": "a", "last": {"id": "b", "amount": "7(in:EUR)"}},
            {"id": "b", "last": {"id": "p", "amount": "5(in:YEN)"}},
            None,
            {"id": "c", "last": {"id": "p", "amount": "5(in:None)"}},
            {"id": "d", "last": {"id": "b", "amount": "7(in:EUR)"}},
        ]
    }
    assert graph.calls() == {"money": 2}
    asked = graph.world.subgraphs["money"].calls[-1]
    assert asked.count("_entities(") == 3, "one list of entities per currency"


async def test_lists_of_children_and_several_arguments_of_one_context() -> None:
    graph = _money()
    assert await _data(
        graph, "query($d: Int) { user { payments { x: amount(digits: $d) again } } }", {"d": 2}
    ) == {"user": {"payments": [{"x": "5(digits:2,in:YEN)", "again": "A(in:YEN)"}]}}
    found = await _data(graph, "{ users { payments { amount again label } } }")
    amounts = [[each and each["amount"] for each in user["payments"]] for user in found["users"] if user]
    assert amounts == [["5(in:EUR)", None, "7(in:EUR)"], ["5(in:YEN)"], ["5(in:None)"], ["7(in:EUR)"]]
    assert found["users"][0]["payments"][2] == {"amount": "7(in:EUR)", "again": "B(in:EUR)", "label": "k"}


async def test_a_context_may_be_read_from_another_subgraph_first() -> None:
    graph = _money()
    assert await _data(graph, "{ users { last { memo amount } } }") == {
        "users": [
            {"last": {"memo": "n(by:Ann)", "amount": "7(in:EUR)"}},
            {"last": {"memo": "m(by:Ben)", "amount": "5(in:YEN)"}},
            None,
            {"last": {"memo": "m(by:None)", "amount": "5(in:None)"}},
            {"last": {"memo": "n(by:Dan)", "amount": "7(in:EUR)"}},
        ]
    }
    plan = Planner(graph.supergraph).plan(parse("{ users { last { memo } } }"))
    assert subgraphs_of(plan) == ["money", "people", "money"]


@pytest.mark.parametrize("is_asked", [True, False])
async def test_an_operation_declares_the_variables_of_the_entities_it_asks_for(is_asked: bool) -> None:
    graph = _money()
    query = """query($asked: Boolean!, $digits: Int) { user {
        last { memo } total(digits: $digits) @include(if: $asked) } }"""
    expected = {
        "last": {"memo": "m(by:Ben)"},
        **({"total": "all of b(digits:3)<name=Ben>"} if is_asked else {}),
    }
    assert await _data(graph, query, {"asked": is_asked, "digits": 3}) == {"user": expected}
    assert graph.calls() == {"money": 2, "people": 1}, "both are asked for at once"
    money = graph.world.subgraphs["money"]
    assert validate(money.schema, parse(money.calls[-1])) == [], money.calls[-1]


async def test_a_field_whose_context_could_not_be_fetched_is_not_answered() -> None:
    graph = _money()
    graph.transports["people"].down = True
    answer = await graph.ask("{ user { last { label memo amount } } }")
    assert answer["data"] == {"user": {"last": {"label": "l", "memo": None, "amount": "5(in:YEN)"}}}
    assert [error["path"] for error in answer["errors"]] == [["user"]]
    assert graph.transports["money"].calls == 2


async def test_a_client_s_own_alias_or_condition_on_the_value_does_not_matter() -> None:
    graph = _money()
    query = """query($no: Boolean!) { user {
        currency: id currency_1: currency @include(if: $no) { code } last { amount } } }"""
    assert await _data(graph, query, {"no": False}) == {
        "user": {"currency": "b", "last": {"amount": "5(in:YEN)"}}
    }
    skipped = "query($no: Boolean!) { user { id last { amount @include(if: $no) } } }"
    assert await _data(graph, skipped, {"no": False}) == {"user": {"id": "b", "last": {}}}


async def test_variables_of_the_client_differ_from_those_of_contexts() -> None:
    graph = _money()
    query = """query($context_0_0: Int, $representations: Int) { users { last {
        a: amount(digits: $context_0_0) b: amount(digits: $representations) } } }"""
    found = await _data(graph, query, {"context_0_0": 1, "representations": 2})
    assert found["users"][1] == {"last": {"a": "5(digits:1,in:YEN)", "b": "5(digits:2,in:YEN)"}}


async def test_a_deferred_field_takes_its_context_too() -> None:
    graph = _money()
    request = GraphQLRequest("{ users { id last { ... @defer { memo amount } } } }")
    context = RequestContext(headers={})
    prepared = await graph.engine.prepare(request, context)
    stream = graph.engine.execute_in_parts(prepared, request, context, IncrementalFormat.APOLLO)
    first, *others = [orjson.loads(part.body) async for part in stream]
    assert first["data"]["users"][1] == {"id": "b", "last": {}}
    later = {each["path"][1]: each["data"] for part in others for each in part.get("incremental", ())}
    assert later == {
        0: {"memo": "n(by:Ann)", "amount": "7(in:EUR)"},
        1: {"memo": "m(by:Ben)", "amount": "5(in:YEN)"},
        3: {"memo": "m(by:None)", "amount": "5(in:None)"},
        4: {"memo": "n(by:Dan)", "amount": "7(in:EUR)"},
    }


def _shelves() -> Federation:
    """A context set by two of three types, by an interface above, and by the nearest of two."""

    def box(key: str) -> dict[str, Any]:
        return {"__typename": "Box", "id": key, "size": key, "place": key.upper(), "inner": None}

    crate: dict[str, Any] = {"__typename": "Crate", "id": "c", "unit": "cm", "box": box("1")}
    chest: dict[str, Any] = {
        "__typename": "Chest",
        "id": "h",
        "unit": "in",
        "box": box("2"),
    }
    bag: dict[str, Any] = {"__typename": "Bag", "id": "b", "box": box("3")}
    shelf = {"__typename": "Shelf", "__interfaces": ["Spot"], "id": "s", "unit": "mm", "name": "S",
             "things": [crate, chest, bag, None]}  # fmt: skip
    rack = {"__typename": "Rack", "__interfaces": ["Spot"], "id": "r", "unit": "ft", "name": "R",
            "things": [bag, crate]}  # fmt: skip
    crate["box"]["inner"] = box("4")
    things = [crate, chest, bag]
    return _graph(
        {
            "shelves": """
                type Query { spots: [Spot] }
                interface Spot @context(name: "unit") @context(name: "name") {
                  unit: String name: String things: [Thing] }
                type Shelf implements Spot @key(fields: "id") {
                  id: ID! unit: String name: String things: [Thing] }
                type Rack implements Spot @key(fields: "id") {
                  id: ID! unit: String name: String things: [Thing] }
                union Thing = Crate | Chest | Bag
                type Crate @context(name: "unit") @key(fields: "id") { id: ID! unit: String box: Box! }
                type Chest @context(name: "unit") @key(fields: "id") { id: ID! unit: String @external
                  box: Box! }
                type Bag @key(fields: "id") { id: ID! box: Box! }
                type Box @key(fields: "id") { id: ID! inner: Box
                  size(unit: String @fromContext(field: "$unit { unit }")): String
                  place(on: String @fromContext(field: "$name { name }")): String }""",
            "scales": 'type Chest @key(fields: "id") { id: ID! unit: String }',
        },
        {"spots": [shelf, rack]},
        [shelf, rack, *things, *(thing["box"] for thing in things), crate["box"]["inner"]],
    )  # fmt: skip


async def test_the_nearest_object_that_sets_a_context_counts_whatever_its_type() -> None:
    graph = _shelves()
    box = "box { size place inner { size } }"
    things = " ".join(f"... on {name} {{ {box} }}" for name in ("Crate", "Chest", "Bag"))
    found = await _data(graph, f"{{ spots {{ things {{ {things} }} }} }}")
    first, second = ([each and each["box"] for each in spot["things"]] for spot in found["spots"])
    assert first == [
        {"size": "1(unit:cm)", "place": "1(on:S)", "inner": {"size": "4(unit:cm)"}},
        {"size": "2(unit:in)", "place": "2(on:S)", "inner": None},
        {"size": "3(unit:mm)", "place": "3(on:S)", "inner": None},
        None,
    ]
    assert second == [
        {"size": "3(unit:ft)", "place": "3(on:R)", "inner": None},
        {"size": "1(unit:cm)", "place": "1(on:R)", "inner": {"size": "4(unit:cm)"}},
    ]


@pytest.mark.parametrize("items", [1, 3, 40])
async def test_many_values_are_one_request(items: int) -> None:
    payments = [{"__typename": "Note", "id": str(n), "text": "t"} for n in range(items)]
    users = [
        {"__typename": "Author", "id": str(n), "tags": ["x", n], "note": note}
        for n, note in enumerate(payments)
    ]
    graph = _graph(
        {
            "one": """type Query { authors: [Author!]! }
                      type Author @key(fields: "id") @context(name: "author") {
                        id: ID! tags: [String] note: Note! }
                      type Note @key(fields: "id") { id: ID!
                        text(tags: [String] @fromContext(field: "$author { tags }")): String! }"""
        },
        {"authors": users},
        [*users, *payments],
    )
    found = await _data(graph, "{ authors { note { text } } }")
    assert found["authors"] == [{"note": {"text": f"t(tags:['x', '{n}'])"}} for n in range(items)]
    assert graph.calls() == {"one": 2}


async def test_a_value_below_shared_entities_is_each_parent_s_own() -> None:
    """The entity between is asked for once, and what is below it is each parent's."""
    leaf = {"__typename": "Leaf", "id": "l", "text": "t"}
    middle = {"__typename": "Middle", "id": "m", "leaf": leaf}
    tops = [{"__typename": "Top", "id": n, "tone": n, "middle": middle} for n in ("x", "y")]
    graph = _graph(
        {
            "tops": """type Query { tops: [Top] }
                       type Top @key(fields: "id") @context(name: "top") {
                         id: ID! tone: String middle: Middle }
                       type Middle @key(fields: "id") { id: ID! }
                       type Leaf @key(fields: "id") { id: ID!
                         text(tone: String @fromContext(field: "$top { tone }")): String }""",
            "middles": """type Middle @key(fields: "id") { id: ID! leaf: Leaf }
                          type Leaf @key(fields: "id", resolvable: false) { id: ID! }""",
        },
        {"tops": tops},
        [*tops, middle, leaf],
    )
    assert await _data(graph, "{ tops { middle { leaf { text } } } }") == {
        "tops": [{"middle": {"leaf": {"text": f"t(tone:{n})"}}} for n in ("x", "y")]
    }


async def test_types_that_set_a_context_may_differ_in_what_they_set_and_the_query_may_set_one() -> None:
    leaf = {"__typename": "Leaf", "id": "l", "text": "t", "root": "r", "weight": 3}
    one = {"__typename": "One", "id": "1", "tone": "first", "leaf": leaf}
    two = {"__typename": "Two", "id": "2", "pitch": {"__typename": "Pitch", "hertz": "second"}, "leaf": leaf}
    graph = _graph(
        {
            "all": """type Query @context(name: "query") { any: [Any] version: String }
                      union Any @context(name: "any") = One | Two
                      type One @key(fields: "id") { id: ID! tone: String leaf: Leaf }
                      type Two @key(fields: "id") { id: ID! pitch: Pitch leaf: Leaf }
                      type Pitch { hertz: String }
                      type Leaf @key(fields: "id") { id: ID! weight: Int @external
                        text(tone: String @fromContext(
                          field: "$any ... on One { tone } ... on Two { pitch { hertz } }")): String
                          @requires(fields: "weight")
                        root(version: String @fromContext(field: "$query { version }")): String }""",
            "weights": 'type Leaf @key(fields: "id") { id: ID! weight: Int }',
        },
        {"any": [two, one], "version": "v1"},
        [one, two, leaf],
    )
    below = "leaf { text root }"
    assert await _data(graph, f"{{ any {{ ... on One {{ {below} }} ... on Two {{ {below} }} }} }}") == {
        "any": [
            {"leaf": {"text": "t(tone:second)<weight=3>", "root": "r(version:v1)"}},
            {"leaf": {"text": "t(tone:first)<weight=3>", "root": "r(version:v1)"}},
        ]
    }


@pytest.mark.parametrize("make", [_money, _shelves])
async def test_random_operations_are_answered_as_by_one_server(make: Callable[[], Federation]) -> None:
    graph = make()
    contextual = 0
    for seed in range(40):
        operation = Operation(graph.supergraph.api_schema, Random(seed))
        if validate(graph.supergraph.api_schema, parse(operation.text)):
            continue
        expected = graph.world.monolith(parse(operation.text), operation.variables)
        answer = await graph.ask(operation.text, dict(operation.variables))
        assert expected.errors is None
        assert answer == {"data": expected.data}, operation.text
        plan = Planner(graph.supergraph).plan(parse(operation.text))
        contextual += any(
            fetch.is_contextual for fetch in fetches(plan.node) if isinstance(fetch, EntityFetch)
        )
    assert contextual > 5, "some of them are about contexts"
