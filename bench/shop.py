"""The graph that gateways are compared on: users, products, stock and reviews of a made-up shop, in
Federation 1 syntax, which every gateway understands.

Owns schemas, data and operations; `python -m bench.shop` serves the four subgraphs. An answer is computed
once and kept, so that a subgraph is never what a gateway waits for. `turn` makes every request new.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import orjson
from graphql import GraphQLObjectType, GraphQLResolveInfo, GraphQLSchema, build_schema, graphql_sync

from bench.client import request_body
from bench.load import Operation
from bench.small_http import response, serve
from marquee_schema.composition import Subgraph, compose

TURN: Final = 700_000_000
_TURN: Final = re.compile(rb"7\d{8}")
USERS: Final = 12
PRODUCTS: Final = 9

SDL: Final[Mapping[str, str]] = {
    "accounts": """type Query { me: User users(turn: String): [User] }
        type User @key(fields: "id") { id: ID! name(turn: String): String username: String birthday: Int }""",
    "products": """extend type Query { topProducts(first: Int, turn: String): [Product] }
        type Product @key(fields: "upc") {
          upc: String! name(turn: String): String weight: Int price: Int }""",
    "inventory": """extend type Product @key(fields: "upc") {
          upc: String! @external weight: Int @external price: Int @external
          inStock(turn: String): Boolean shippingEstimate: Int @requires(fields: "price weight") }""",
    "reviews": """type Review @key(fields: "id") { id: ID! body: String author: User product: Product }
        extend type User @key(fields: "id") { id: ID! @external reviews(turn: String): [Review] }
        extend type Product @key(fields: "upc") { upc: String! @external reviews(turn: String): [Review] }""",
}
ONE_FETCH: Final = "query ($turn: String) { topProducts(first: 5, turn: $turn) { upc name price } }"
THREE_HOPS: Final = """query ($turn: String) { topProducts(first: 5, turn: $turn) {
  name reviews(turn: $turn) { body author { name(turn: $turn) } } } }"""
_USER: Final = "id username name(turn: $turn)"
_PRODUCT: Final = "upc name(turn: $turn) price weight inStock(turn: $turn) shippingEstimate"
_AUTHOR: Final = f"author {{ {_USER} reviews(turn: $turn) {{ id body product {{ {_PRODUCT} }} }} }}"
DEEP_JOIN: Final = f"""query ($turn: String) {{
  users(turn: $turn) {{ {_USER} reviews(turn: $turn) {{ id body
    product {{ {_PRODUCT} reviews(turn: $turn) {{ id body {_AUTHOR} }} }} }} }}
  topProducts(first: 9, turn: $turn) {{ {_PRODUCT} reviews(turn: $turn) {{ id body {_AUTHOR} }} }} }}"""
OPERATIONS: Final = [
    Operation("one fetch", lambda turn: request_body(ONE_FETCH, turn=str(TURN + turn))),
    Operation("three hops", lambda turn: request_body(THREE_HOPS, turn=str(TURN + turn))),
    Operation("deep join", lambda turn: request_body(DEEP_JOIN, turn=str(TURN + turn))),
]


def supergraph(url: str) -> str:
    """The supergraph of the shop whose subgraphs are served at `url`."""
    listed = [Subgraph(name=name, url=f"{url}/{name}", sdl=sdl) for name, sdl in SDL.items()]
    return compose(listed).supergraph_sdl


def _user(number: int) -> dict[str, Any]:
    name = f"user{number}"
    return {
        "__typename": "User",
        "id": str(number),
        "name": f"User {number}",
        "username": name,
        "birthday": 1990,
    }


def _product(number: int) -> dict[str, Any]:
    return {
        "__typename": "Product", "upc": str(number), "name": f"Product {number}", "price": 10 * number,
        "weight": 100 * number, "inStock": number % 2 == 0,
    }  # fmt: skip


def _review(number: int) -> dict[str, Any]:
    return {
        "__typename": "Review", "id": str(number), "body": f"What reviewer {number} wrote about it.",
        "author": {"__typename": "User", "id": str(number % USERS)},
        "product": {"__typename": "Product", "upc": str(number % PRODUCTS)},
    }  # fmt: skip


_REVIEWS: Final = [_review(number) for number in range(3 * PRODUCTS)]
_ROOTS: Final[Mapping[str, Any]] = {
    "me": _user(0),
    "users": [_user(number) for number in range(USERS)],
    "topProducts": [_product(number) for number in range(PRODUCTS)],
}


def _resolve(source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
    match info.field_name:
        case "_service":
            return {"sdl": info.context}
        case "_entities":
            return [_entity(each) for each in arguments["representations"]]
        case "reviews":
            key, of = ("author", "id") if source["__typename"] == "User" else ("product", "upc")
            return [each for each in _REVIEWS if each[key][of] == source[of]]
        case "shippingEstimate":
            return source["price"] * source["weight"] // 100
        case "topProducts":
            return _ROOTS["topProducts"][: arguments.get("first")]
        case name:
            return source[name] if source is not None else _ROOTS[name]


def _entity(representation: dict[str, Any]) -> dict[str, Any]:
    match representation["__typename"]:
        case "User":
            known = _user(int(representation["id"]))
        case "Product":
            known = _product(int(representation["upc"]))
        case _:
            known = _review(int(representation["id"]))
    return {**known, **representation}


def _executable(sdl: str) -> GraphQLSchema:
    """The schema with federation's own fields, resolved from the data."""
    entities = re.findall(r"type (\w+) @key", sdl)
    text = (
        re.sub(r"extend type (\w+) @key", r"type \1 @key", sdl).replace("extend type Query", "type Query")
        + " scalar _Any scalar FieldSet type _Service { sdl: String }"
        + f" union _Entity = {' | '.join(entities)}"
        + " directive @key(fields: String!) on OBJECT directive @external on FIELD_DEFINITION"
        + " directive @requires(fields: String!) on FIELD_DEFINITION"
    )
    fields = "_service: _Service! _entities(representations: [_Any!]!): [_Entity]!"
    text = text.replace("type Query {", f"type Query {{ {fields} ") if "type Query" in text else text
    if "type Query" not in text:
        text += f" type Query {{ {fields} }}"
    schema = build_schema(text, assume_valid_sdl=True)
    for each in schema.type_map.values():
        if isinstance(each, GraphQLObjectType) and not each.name.startswith("__"):
            for field in each.fields.values():
                field.resolve = _resolve
    return schema


class Subgraphs:
    """The four, each under its name; answers are kept by what was asked."""

    def __init__(self) -> None:
        self._schemas = {name: _executable(sdl) for name, sdl in SDL.items()}
        self._kept: dict[tuple[str, bytes], bytes] = {}

    def __call__(self, name: str, body: bytes) -> bytes:
        """The whole response of one of them."""
        key = (name, _TURN.sub(b"0", body))
        answer = self._kept.get(key)
        if answer is None:
            answer = self._kept[key] = response(self._answer(name, orjson.loads(key[1])))
        return answer

    def _answer(self, name: str, asked: dict[str, Any]) -> dict[str, Any]:
        result = graphql_sync(
            self._schemas[name],
            asked["query"],
            context_value=SDL[name],
            variable_values=asked.get("variables"),
            operation_name=asked.get("operationName"),
        )
        return dict(result.formatted)


if __name__ == "__main__":
    serve(Subgraphs())
