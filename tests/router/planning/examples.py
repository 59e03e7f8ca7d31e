"""Graphs that the tests of several modules use."""

from __future__ import annotations

from marquee_schema.composition import Subgraph, compose
from marquee_schema.supergraph import Supergraph, load_supergraph
from tests.router.planning.graphs import Graph

BOOK = {"__typename": "Book", "__interfaces": ["Media"], "id": "b", "title": "B", "pages": 3, "views": 1}
MOVIE = {"__typename": "Movie", "__interfaces": ["Media"], "id": "m", "title": "M", "length": 9, "views": 2}
INTERFACE = """interface Media @key(fields: "id") { id: ID! title: String }
            type Book implements Media @key(fields: "id") { id: ID! title: String pages: Int }
            type Movie implements Media @key(fields: "id") { id: ID! title: String length: Int }"""
"""An interface with a key, and its types: what `@interfaceObject`s of other subgraphs stand for."""


def shop() -> Graph:
    """Products with a compound key; each subgraph reads what another computes."""
    products = [
        {
            "__typename": "Product",
            "upc": f"p{n}",
            "region": "eu",
            "name": f"name-{n}",
            "price": n * 10,
            "estimate": f"estimate-{n}",
            "label": f"label-{n}",
        }
        for n in range(1, 4)
    ]
    key = '@key(fields: "upc region") { upc: ID! region: String'
    return Graph(
        {
            "catalog": f"type Query {{ one: Product many: [Product] }} type Product {key} }}",
            "details": f"type Product {key} name: String price: Int }}",
            "shipping": f"""type Product {key} price: Int @external
                            estimate: String @requires(fields: "price") }}""",
            "labels": f"""type Product {key} estimate: String @external
                          label: String @requires(fields: "estimate") }}""",
        },
        {"one": products[0], "many": products[1:]},
        products,
    )


USER = {"__typename": "User", "id": "1", "name": "n", "age": 4}


def users() -> Graph:
    """Users in two subgraphs, and all three kinds of operation."""
    return Graph(
        {
            "a": """type Query { user: User shared: User @shareable }
                    type Mutation { first: User second: Query }
                    type Subscription { changed: User }
                    type User @key(fields: "id") { id: ID! name: String friend: User }""",
            "b": """type Query { other: User shared: User @shareable } type Mutation { third: User }
                    type User @key(fields: "id") { id: ID! age: Int }""",
        },
        {"user": USER, "other": USER, "shared": USER},
        [USER],
    )


_LINK = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9",'
    ' import: ["@key", "@shareable", "@external", "@requires"])\n'
)

SUBGRAPHS = 6

TYPES = 8


def dense_supergraph() -> Supergraph:
    """Every object is in every subgraph, with keys of its own there, beside fields that only it has."""
    members = [f"T{number}" for number in range(TYPES)]
    sdl = {}
    for number in range(SUBGRAPHS):
        after = (number + 1) % SUBGRAPHS
        types = "\n".join(
            f"""type {name} implements I @key(fields: "id") {{
                  id: ID! any: I @shareable own{number}: String }}"""
            for name in members
        )
        sdl[f"s{number}"] = f"""
            type Query {{ item: Item @shareable any: I @shareable all: [U] @shareable only{number}: Item }}
            interface I {{ id: ID! any: I }}
            union U = {" | ".join(members)}
            {types}
            type Item @key(fields: "id") @key(fields: "k{number}") @key(fields: "k{after}") {{
              id: ID! k{number}: ID! @shareable k{after}: ID! @shareable next: Item @shareable
              sub{number}: Item own{number}: String own{after}: String @external
              need{number}: String @requires(fields: "own{after}")
              some{number}: String @shareable some{after}: String @shareable }}"""
    composed = compose([Subgraph(name=name, url="", sdl=_LINK + text) for name, text in sdl.items()])
    return load_supergraph(composed.supergraph_sdl)
