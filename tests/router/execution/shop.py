"""A small shop in two subgraphs, and fetches on it: what plans of the executor's tests are made of."""

from __future__ import annotations

from typing import Any

from graphql import build_schema

from marquee_router.planning.plan import (
    Each,
    EntityFetch,
    EntityTarget,
    OperationKind,
    RootFetch,
    Sequence,
)
from tests.router.execution.fake_subgraph import FakeSubgraph
from tests.router.execution.shapes import KEY_ID, plan

SCHEMA = build_schema("""
    type Query { products: [Product!] product: Product me: User media: [Media!] matrix: [[Product]] strict:
    Product! } type Mutation { first: Int second: Int rename(name: String): Product }
    type Subscription { sold: Product }
    type Product { id: ID! name: String stock: Int price: Int! reviews: [Review!] maker: User box: Box }
    type Box { width: Int height: Int tag: Tag }
    type Tag { text: String color: String }
    type Review { body: String author: User }
    type User { id: ID! name: String! }
    interface Media { id: ID! title: String }
    type Book implements Media { id: ID! title: String pages: Int }
    type Film implements Media { id: ID! title: String minutes: Int }
""")
EACH = Each.ITEM


def root(operation: str, subgraph: str = "products", **more: Any) -> RootFetch:
    return RootFetch(subgraph, OperationKind.QUERY, operation, **more)


def entities(
    *paths: Any,
    subgraph: str = "stock",
    fields: str = "stock",
    representation: Any = KEY_ID,
    **more: Any,
) -> EntityFetch:
    operation = f"query($r:[_Any!]!){{e:_entities(representations:$r){{... on Product{{{fields}}}}}}}"
    return EntityFetch(subgraph, operation, (EntityTarget("e", "r", tuple(paths), representation),), **more)


def product(key: Any, **fields: Any) -> dict[str, Any]:
    return {"__typename": "Product", "id": key, **fields}


def products(*keys: Any) -> FakeSubgraph:
    return FakeSubgraph({"data": {"products": [product(key, name=f"P{key}") for key in keys]}})


def stock(variables: dict[str, Any]) -> Any:
    return {"data": {"e": [{"stock": int(each["id"]) * 10} for each in variables["r"]]}}


PRODUCTS = root("{products{__typename id name}}")
TWO_STEPS = Sequence((PRODUCTS, entities(("products", EACH))))
WITH_STOCK = plan(SCHEMA, "{ products { id name stock } }", TWO_STEPS)
ONE_PLAN = plan(SCHEMA, "{ product { id } }", root("{product{id}}"))
