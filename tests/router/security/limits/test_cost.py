"""The rules of cost, one a row: what `@cost` and `@listSize` say of an operation, and what its answer was."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import parse

from marquee_router.config.model import Limits
from marquee_router.request import RequestContext
from marquee_router.security.limits import LimitsGuard
from marquee_router.security.limits.argument_cost import SlicingArgumentsWrong
from marquee_router.security.limits.guard import COST, OperationCost
from marquee_schema.composition import Subgraph, compose
from marquee_schema.supergraph import load_supergraph
from tests.router.transport.driving import call
from tests.router.transport.graph import graph

SDL = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@cost", "@listSize"])
scalar Blob @cost(weight: 4)
enum Colour @cost(weight: 3) { RED BLUE }
input Plain { max: Int }
input Filter { max: Int = 8  blob: Blob  colour: Colour  heavy: Int @cost(weight: 9)  and: [Filter!] }
type Query {
  leaf: Int
  weighted: Int @cost(weight: 20)
  blob: Blob
  blobs: [Blob!] @listSize(assumedSize: 5)
  colour: Colour
  box: Box
  heavyBox: Box @cost(weight: 2)
  node: Node
  any: Any
  argument(text: String @cost(weight: 7), free: Int): Int
  typed(blob: Blob, colour: Colour, colours: [Colour!]): Int
  plain(filter: Plain): Int
  filtered(filter: Filter): Int
  listed(filters: [Filter!], weighed: [Filter!] @cost(weight: 100)): Int
  default: [Box]
  assumed: [Box] @listSize(assumedSize: 3)
  one(first: Int, last: Int): [Box] @listSize(slicingArguments: ["first", "last"])
  several(first: Int, last: Int): [Box]
    @listSize(slicingArguments: ["first", "last"], requireOneSlicingArgument: false, assumedSize: 30)
  defaulted(first: Int = 6): [Box] @listSize(slicingArguments: ["first"])
  nested(filter: Filter, path: Int): [Box] @listSize(slicingArguments: ["path"])
  page(first: Int): Page @listSize(slicingArguments: ["first"], sizedFields: ["items", "path"])
  pages(first: Int!): [Page] @listSize(assumedSize: 2)
}
type Mutation { change: Box }
interface Node { id: ID }
union Any = Box | Page
type Box implements Node { id: ID  box: Box  blob: Blob  boxes: [Box] @listSize(assumedSize: 2) }
type Page @cost(weight: 5) { items: [Box]  deep: Deep  count: Int  path: [Box] }
type Deep { items: [Box]  others: [Box] }
"""
SUPERGRAPH = (
    compose([Subgraph(name="a", url="http://a.test", sdl=SDL)])
    .supergraph_sdl.replace('slicingArguments: ["path"]', 'slicingArguments: ["filter.max"]')
    .replace('sizedFields: ["items", "path"]', 'sizedFields: ["items", "deep.items"]')
)
"""With paths, which the cost specification knows; our composition, as Federation's, takes names only."""
GUARD = LimitsGuard(
    Limits(max_cost=None, report_cost=True),
    load_supergraph(SUPERGRAPH),
    introspection=True,
)

ESTIMATES: list[tuple[str, str, dict[str, Any], int]] = [
    # weights of fields and types
    ("a leaf is free", "{ leaf __typename }", {}, 0),
    ("a field's own weight", "{ weighted }", {}, 20),
    ("a scalar's weight", "{ blob }", {}, 4),
    ("an enum's weight", "{ colour }", {}, 3),
    ("a list of weighted scalars", "{ blobs }", {}, 5 * 4),
    ("an object is one", "{ box { id } }", {}, 1),
    ("an interface is one", "{ node { id } }", {}, 1),
    ("a union is one", "{ any { __typename } }", {}, 1),
    ("a field's weight in place of its type's", "{ heavyBox { id } }", {}, 2),
    ("an object's weight", "{ page(first: 0) { count } }", {}, 5),
    ("objects within objects", "{ box { box { box { blob } } } }", {}, 3 + 4),
    ("a mutation is ten more", "mutation { change { id } }", {}, 11),
    ("every alias counts", "{ a: box { id } b: box { id } }", {}, 2),
    ("fragments count together", "{ any { ... on Box { blob } ... on Page { deep { others { id } } } } }", {},
     1 + 4 + 1 + 10),
    ("what never runs is free", "{ weighted @skip(if: true) box @include(if: false) { id } }", {}, 0),
    ("what may run counts", "query ($v: Boolean!) { weighted @skip(if: $v) }", {"v": True}, 20),
    # arguments and input fields
    ("an argument's weight", '{ argument(text: "x") }', {}, 7),
    ("an argument that is not given", "{ argument(free: 1) }", {}, 0),
    ("a scalar and an enum as arguments", '{ typed(blob: "x", colour: RED) }', {}, 4 + 3),
    ("an input object is one", "{ plain(filter: {max: 1}) }", {}, 1),
    ("a weighted input field", "{ filtered(filter: {heavy: 1, max: 1}) }", {}, 1 + 9),
    ("typed input fields", '{ filtered(filter: {blob: "x", colour: BLUE}) }', {}, 1 + 4 + 3),
    ("input objects within", "{ filtered(filter: {and: [{heavy: 1}, {and: []}]}) }", {}, 1 + (1 + 9) + 1),
    ("an input by a variable", "query ($f: Filter) { filtered(filter: $f) }", {"f": {"heavy": 1}}, 10),
    ("an input in part by one", "query ($h: Int) { filtered(filter: {heavy: $h}) }", {"h": 1}, 10),
    ("an input field that is not given", "query ($h: Int) { filtered(filter: {heavy: $h}) }", {}, 1),
    ("an input that is null", "query ($f: Filter) { filtered(filter: $f) }", {"f": None}, 0),
    ("each item of a list", "{ listed(filters: [{heavy: 1}, {max: 1}]) }", {}, 10 + 1),
    ("an argument's weight counts once for a list", "{ listed(weighed: [{heavy: 1}, {heavy: 2}]) }", {}, 118),
    # lists
    ("a list's size by default", "{ default { id } }", {}, 10),
    ("assumedSize", "{ assumed { id } }", {}, 3),
    ("lists within lists", "{ assumed { boxes { id } } }", {}, 3 * (1 + 2)),
    ("a slicing argument", "{ one(first: 4) { id } }", {}, 4),
    ("a slicing argument by a variable", "query ($n: Int) { one(last: $n) { id } }", {"n": 7}, 7),
    ("the larger of several", "{ several(first: 4, last: 6) { id } }", {}, 6),
    ("assumedSize without slicing arguments", "{ several { id } }", {}, 30),
    ("a variable without a value is not given", "query ($n: Int) { several(first: $n) { id } }", {}, 30),
    ("nor is a null", "query ($n: Int) { several(first: $n, last: null) { id } }", {"n": None}, 30),
    ("nothing is less than none", "{ one(first: -5) { id } }", {}, 0),
    ("a default counts as given", "{ defaulted { id } }", {}, 6),
    ("also behind a variable", "query ($n: Int) { defaulted(first: $n) { id } }", {}, 6),
    ("a slicing argument in an input object", "{ nested(filter: {max: 4}) { id } }", {}, 1 + 4),
    ("its default", "{ nested(filter: {heavy: 1}) { id } }", {}, 1 + 9 + 8),
    ("it by a variable", "query ($n: Int) { nested(filter: {max: $n}) { id } }", {"n": 3}, 1 + 3),
    ("its object by one", "query ($f: Filter) { nested(filter: $f) { id } }", {"f": {"max": 2}}, 1 + 2),
    ("sizedFields", "{ page(first: 4) { count items { id } } }", {}, 5 + 4),
    ("sizedFields further down", "{ page(first: 4) { deep { items { id } } } }", {}, 5 + 1 + 4),
    ("others are as long as ever", "{ page(first: 4) { deep { others { id } } } }", {}, 5 + 1 + 10),
    ("a page without its items", "query ($n: Int) { page(first: $n) { items { id } } }", {"n": 0}, 5),
]  # fmt: skip


def measured(text: str, variables: dict[str, Any]) -> OperationCost:
    """What is kept for the report of one request."""
    context = RequestContext({})
    document = parse(text)
    check = GUARD.check_operation(document, None, None)  # type: ignore[arg-type]  # no introspection here
    assert check is not None
    check(variables, context)
    cost: OperationCost = context.state[COST]
    return cost


@pytest.mark.parametrize(
    ("text", "variables", "cost"), [row[1:] for row in ESTIMATES], ids=[row[0] for row in ESTIMATES]
)
def test_an_operation_is_estimated_by_the_schema(text: str, variables: dict[str, Any], cost: int) -> None:
    assert measured(text, variables).estimated == cost


@pytest.mark.parametrize(
    ("text", "variables", "count"),
    [
        ("{ one { id } }", {}, 0),
        ("{ one(first: 1, last: 1) { id } }", {}, 2),
        ("{ one(first: null) { id } }", {}, 0),
        ("query ($n: Int) { one(first: $n) { id } }", {}, 0),
        ("query ($n: Int) { one(first: 2, last: $n) { id } }", {"n": 2}, 2),
        ("{ nested { id } }", {}, 0),
        ("{ page { items { id } } }", {}, 0),
    ],
)
def test_exactly_one_slicing_argument_is_asked_for(text: str, variables: dict[str, Any], count: int) -> None:
    with pytest.raises(SlicingArgumentsWrong, match=f"has {count}$") as caught:
        measured(text, variables)
    assert caught.value.errors[0]["extensions"]["code"] == "SLICING_ARGUMENT_REQUIRED"


BOX = {"id": "1"}
ACTUALS: list[tuple[str, str, Any, int]] = [
    ("nothing", "{ box { id } }", None, 0),
    ("a null is free", "{ box { id } weighted }", {"box": None, "weighted": None}, 0),
    ("what is there", "{ box { id } weighted }", {"box": BOX, "weighted": 1}, 21),
    ("a list as long as it is", "{ default { id } }", {"default": [BOX] * 3}, 3),
    ("an empty list", "{ default { blob } }", {"default": []}, 0),
    ("nulls in a list", "{ blobs }", {"blobs": ["x", None, "y"]}, 2 * 4),
    ("lists in lists", "{ assumed { boxes { blob } } }",
     {"assumed": [{"boxes": [{"blob": 1}, {"blob": None}]}, {"boxes": None}, None]}, 2 + 2 + 4),
    ("an alias", "{ a: weighted b: weighted }", {"a": 1, "b": 2}, 40),
    ("a field that is selected twice counts once", "{ box { id } box { blob } }",
     {"box": {"id": "1", "blob": 1}}, 1 + 4),
    ("only the fragment that holds", "{ any { ... on Box { blob } ...F } } fragment F on Page { count }",
     {"any": {"count": 1}}, 1),
    ("an argument, whatever comes of it", '{ argument(text: "x") }', {"argument": None}, 7),
    ("an argument of each item", "{ pages(first: 2) { items { id } } }",
     {"pages": [{"items": [BOX]}, {"items": [BOX, BOX]}]}, 2 * 5 + 3),
    ("a mutation", "mutation { change { id } }", {"change": BOX}, 11),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "data", "cost"), [row[1:] for row in ACTUALS], ids=[row[0] for row in ACTUALS]
)
def test_an_answer_is_measured_by_what_is_there(text: str, data: Any, cost: int) -> None:
    found = measured(text, {})
    assert found.measure.of(data, found.variables) == cost


def test_no_answer_is_too_deep_to_be_measured() -> None:
    text = "{ box { ...F } } fragment F on Box { " + "box { " * 50 + "id" + " }" * 50 + " }"
    data: dict[str, Any] = {"id": "1"}
    for _ in range(51):
        data = {"box": data}
    assert measured(text, {}).measure.of(data, {}) == 51


async def test_each_operation_of_a_batch_has_its_own_costs() -> None:
    running = graph({"limits": {"report_cost": True}})
    body = b'[{"query": "{ films { title } }"}, {"query": "{ me { name } }"}, {"query": "{ __typename }"}]'
    answer = await call(running.app, headers={"content-type": "application/json"}, body=body)
    costs = [entry["extensions"]["cost"] for entry in answer.json]
    assert costs == [
        {"estimated": 10, "actual": 2}, {"estimated": 1, "actual": 1}, {"estimated": 0, "actual": 0}
    ]  # fmt: skip
