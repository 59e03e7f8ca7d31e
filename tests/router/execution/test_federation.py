"""Composer, planner and executor together answer as one server over all data, on graphs with awkward
shapes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from graphql import parse, validate

from marquee_router.request import GraphQLRequest, RequestContext
from tests.router.execution.operations import VARIABLES, Operations
from tests.router.execution.world_transport import Federation

LINK = """
extend schema @link(
  url: "https://specs.apollo.dev/federation/v2.7"
  import: ["@key", "@external", "@requires", "@provides", "@shareable"]
)
"""


def shop() -> Federation:
    """Entities over four subgraphs: compound and nested keys, chained requirements, shared values."""
    catalogue = """
        type Query { products: [Product!]! top: Product }
        type Product @key(fields: "id") @key(fields: "sku brand { id }") {
          id: ID! sku: String! name: String! brand: Brand! size: Size @shareable
        }
        type Brand @key(fields: "id") { id: ID! name: String! @shareable }
        type Size @shareable { width: Int height: Int }
    """
    stock = """
        type Query { warehouses: [Warehouse!] }
        type Product @key(fields: "sku brand { id }") {
          sku: String! brand: Brand! @shareable weight: Int stores: [[Warehouse]] size: Size @shareable
        }
        type Brand @key(fields: "id") { id: ID! }
        type Size @shareable { height: Int }
        type Warehouse @key(fields: "id") { id: ID! city: String! keeps: [Product] }
    """
    shipping = """
        type Product @key(fields: "id") {
          id: ID! weight: Int @external name: String! @external
          cost: String @requires(fields: "weight name") label: String @requires(fields: "name")
        }
        type Warehouse @key(fields: "id", resolvable: false) { id: ID! }
        type Query { nearest: Warehouse }
    """
    people = """
        type Query { me: User users: [User] }
        type User @key(fields: "id") { id: ID! name: String likes: [Product!] best: Product friend: User }
        type Product @key(fields: "id") { id: ID! fans: [User!]! cost: String @external offer: String
        @requires(fields: "cost") }
    """
    acme = {"__typename": "Brand", "id": "b1", "name": "Acme"}
    oak = {"__typename": "Brand", "id": "b2", "name": "Oak"}
    one: dict[str, Any] = _product("1", acme, "Chair", 7)
    two: dict[str, Any] = _product("2", acme, "Table", None)
    three: dict[str, Any] = {**_product("3", oak, "Lamp", 1), "size": None, "stores": None}
    near: dict[str, Any] = {
        "__typename": "Warehouse",
        "id": "w1",
        "city": "Quito",
        "keeps": [one, None, three],
    }
    far: dict[str, Any] = {"__typename": "Warehouse", "id": "w2", "city": "Lima", "keeps": [one, one]}
    one["stores"], two["stores"] = [[near, None], [], None], [[far]]
    ann: dict[str, Any] = {
        "__typename": "User",
        "id": "u1",
        "name": "Ann",
        "likes": [one, two],
        "best": three,
    }
    ben: dict[str, Any] = {"__typename": "User", "id": "u2", "name": None, "likes": None, "best": one}
    ann["friend"], ben["friend"] = ben, None
    one["fans"], two["fans"], three["fans"] = [ann, ben], [], [ann]
    root = {
        "products": [one, two, three], "top": two, "warehouses": [near, far], "nearest": far, "me": ann,
        "users": [ann, None, ben, ann],
    }  # fmt: skip
    subgraphs = {"catalogue": catalogue, "stock": stock, "shipping": shipping, "people": people}
    entities = [one, two, three, near, far, ann, ben, acme, oak]
    return Federation({name: LINK + sdl for name, sdl in subgraphs.items()}, root, entities)


def _product(key: str, brand: dict[str, Any], name: str, weight: int | None) -> dict[str, Any]:
    return {
        "__typename": "Product", "id": key, "sku": f"s{key}", "name": name, "brand": brand, "weight": weight,
        "size": {"__typename": "Size", "width": 1, "height": 2}, "cost": "cost", "label": "label",
        "offer": "offer",
    }  # fmt: skip


def library() -> Federation:
    """Interfaces and unions whose members differ by subgraph, provided fields, fields of one name and two
    types."""
    media = """
        type Query { media: [Media!]! found: [Found] book: Book }
        interface Media { id: ID! title: String }
        union Found = Book | Film | Author
        type Book implements Media @key(fields: "id") { id: ID! title: String pages: Int author: Author
        @provides(fields: "name") } type Film implements Media @key(fields: "id") { id: ID! title: String
        minutes: Int! director: Author } type Author @key(fields: "id") { id: ID! name: String! @external }
    """
    people = """
        type Query { authors: [Author!]! }
        type Author @key(fields: "id") { id: ID! name: String! @shareable works: [Work!]! rank: Int }
        interface Work { id: ID! year: Int }
        type Book implements Work @key(fields: "id") { id: ID! year: Int score(scale: Int): String }
        type Film implements Work @key(fields: "id") { id: ID! year: Int score(scale: Int): Float }
    """
    reviews = """
        type Book @key(fields: "id") { id: ID! reviews(first: Int): [Review!]! title: String @external blurb:
        String @requires(fields: "title") } type Film @key(fields: "id") { id: ID! reviews(first: Int):
        [Review!] } union Subject = Book | Film
        type Review @key(fields: "id") { id: ID! text: String about: Subject by: Author }
        type Author @key(fields: "id") { id: ID! reviews(first: Int): [Review] }
        type Query { latest: Review }
    """
    poe: dict[str, Any] = {"__typename": "Author", "id": "a1", "name": "Poe", "rank": 1}
    eco: dict[str, Any] = {"__typename": "Author", "id": "a2", "name": "Eco", "rank": None}
    rose: dict[str, Any] = {
        "__typename": "Book", "id": "m1", "title": "Rose", "pages": 500, "author": eco, "year": 1980,
        "score": "high", "blurb": "blurb",
    }  # fmt: skip
    raven: dict[str, Any] = {
        "__typename": "Book", "id": "m2", "title": None, "pages": None, "author": None, "year": 1845,
        "score": None, "blurb": "blurb",
    }  # fmt: skip
    film: dict[str, Any] = {
        "__typename": "Film", "id": "m3", "title": "Rose", "minutes": 131, "director": None, "year": 1986,
        "score": 7.5,
    }  # fmt: skip
    first = {"__typename": "Review", "id": "r1", "text": "good", "about": rose, "by": poe}
    second = {"__typename": "Review", "id": "r2", "text": None, "about": film, "by": None}
    rose["reviews"], raven["reviews"], film["reviews"] = [first], [], None
    poe["works"], eco["works"] = [raven, film], [rose]
    poe["reviews"], eco["reviews"] = [first, None, second], None
    root = {
        "media": [rose, film, raven], "found": [film, None, eco, rose], "book": rose, "authors": [poe, eco],
        "latest": second,
    }  # fmt: skip
    subgraphs = {
        name: LINK + sdl for name, sdl in {"media": media, "people": people, "reviews": reviews}.items()
    }
    return Federation(subgraphs, root, [poe, eco, rose, raven, film, first, second])


GRAPHS = {"shop": shop, "library": library}
ARGUMENTS = {
    "Book.score": "(scale: 10)",
    "Film.score": "(scale: 10)",
    "Book.reviews": "(first: 1)",
}
CONTEXT = RequestContext(headers={})


async def _both(graph: Federation, query: str) -> tuple[Any, Any]:
    document = parse(query)
    assert not validate(graph.supergraph.api_schema, document)
    expected = graph.world.monolith(document, VARIABLES)
    request = GraphQLRequest(query, variables=VARIABLES)
    prepared = await graph.engine.prepare(request, CONTEXT)
    response = await graph.engine.execute(prepared, request, CONTEXT)
    return orjson.loads(response.body), expected


def _operations(graph: Federation, seeds: range) -> Iterator[str]:
    """Valid operations only: the generator does not know which fields can be merged."""
    schema = graph.supergraph.api_schema
    for seed in seeds:
        query = Operations(schema, seed, ARGUMENTS).query()
        if not validate(schema, parse(query)):
            yield query


@pytest.mark.parametrize("name", GRAPHS)
async def test_random_operations_are_answered_as_by_one_server(name: str) -> None:
    graph = GRAPHS[name]()
    for query in _operations(graph, range(14)):
        answer, expected = await _both(graph, query)
        assert answer.get("data") == expected.data, query
        assert ("errors" in answer) == bool(expected.errors), query
    await graph.engine.aclose()


def _nulled(ours: Any, theirs: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths where our answer has null and the monolith has a value; any other difference is an assertion."""
    if ours == theirs:
        return
    if ours is None:
        yield path
    elif isinstance(ours, dict) and isinstance(theirs, dict):
        assert ours.keys() == theirs.keys(), path
        for key, value in ours.items():
            yield from _nulled(value, theirs[key], (*path, key))
    else:
        assert isinstance(ours, list), path
        assert isinstance(theirs, list), path
        assert len(ours) == len(theirs), path
        for index, value in enumerate(ours):
            yield from _nulled(value, theirs[index], (*path, index))


def _explains(error: tuple[Any, ...], path: tuple[Any, ...]) -> bool:
    shorter = min(len(error), len(path))
    return error[:shorter] == path[:shorter]


@pytest.mark.parametrize(
    ("name", "down"),
    [
        ("shop", "stock"),
        ("shop", "shipping"),
        ("shop", "people"),
        ("library", "people"),
        ("library", "reviews"),
    ],
)
async def test_with_a_subgraph_down_the_rest_arrives_and_each_lost_value_is_explained(
    name: str, down: str
) -> None:
    graph = GRAPHS[name]()
    graph.transports[down].down = True
    lost = 0
    for query in _operations(graph, range(100, 106)):
        answer, expected = await _both(graph, query)
        paths = [tuple(error.get("path", ())) for error in answer.get("errors", ())]
        for path in _nulled(answer["data"], expected.data):
            lost += 1
            assert any(_explains(error, path) for error in paths), (query, path, paths)
        assert all(error["extensions"].get("code") for error in answer.get("errors", ()))
    assert lost
    await graph.engine.aclose()
