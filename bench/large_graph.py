"""A made-up graph of a large company: any number of subgraphs of about 200 lines, knit together by entities.

Each subgraph owns entities with keys, value types, an enum, an input and queries; adds fields to entities of
its neighbours, some of them by `@requires`; and shares a few value types with all.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from marquee_schema.composition import Subgraph

ENTITIES: Final = 5
FIELDS: Final = 9
NEIGHBOURS: Final = (1, 2, 5, 11, 23)

_HEAD: Final = """extend schema
  @link(
    url: "https://specs.apollo.dev/federation/v2.7"
    import: ["@key", "@requires", "@external", "@shareable", "@tag", "@provides"]
  )

type Money @shareable {
  amount: String!
  currency: String!
}

type PageInfo @shareable {
  hasNextPage: Boolean!
  hasPreviousPage: Boolean!
  startCursor: String
  endCursor: String
}

interface Node {
  id: ID!
}
"""


def large_graph(count: int) -> list[Subgraph]:
    """That many subgraphs."""
    return [
        Subgraph(name=f"team{index}", url=f"http://team{index}/graphql", sdl="\n".join(_lines(index, count)))
        for index in range(count)
    ]


def _lines(index: int, count: int) -> Iterator[str]:
    yield _HEAD
    for entity in range(ENTITIES):
        yield from _entity(index, entity)
    for step in NEIGHBOURS:
        neighbour = (index + step) % count
        if neighbour != index:
            yield from _extension(index, neighbour, step % ENTITIES)
    yield from _around(index)


def _entity(index: int, entity: int) -> Iterator[str]:
    name = f"T{index}E{entity}"
    yield f'"""An entity of team {index}."""'
    second = ' @key(fields: "code")' if entity % 2 else ""
    yield f'type {name} implements Node @key(fields: "id"){second} {{'
    yield "  id: ID!"
    if entity % 2:
        yield "  code: String!"
    for field in range(FIELDS):
        kind = ("String", "Int!", f"T{index}Status", "Money", f"[T{index}E{(entity + 1) % ENTITIES}!]!")[
            field % 5
        ]
        arguments = f"(first: Int = 10, filter: T{index}Filter)" if field % 5 == 4 else ""
        yield f'  """Field {field}."""'
        tag = ' @tag(name: "internal")' if field == 7 else ""
        yield f"  t{index}e{entity}f{field}{arguments}: {kind}{tag}"
    yield "}\n"


def _extension(index: int, neighbour: int, entity: int) -> Iterator[str]:
    name = f"T{neighbour}E{entity}"
    yield f'type {name} @key(fields: "id") {{'
    yield "  id: ID!"
    yield f"  t{neighbour}e{entity}f0: String @external"
    yield f'  by{index}Label: String @requires(fields: "t{neighbour}e{entity}f0")'
    yield f"  by{index}Score(weight: Float = 1.0): Float"
    yield f"  by{index}Items(first: Int): [T{index}E0!]"
    yield "}\n"


def _around(index: int) -> Iterator[str]:
    yield f"enum T{index}Status {{\n  ACTIVE\n  PAUSED\n  ENDED\n}}\n"
    yield f"input T{index}Filter {{\n  text: String\n  status: T{index}Status\n  limit: Int = 10\n}}\n"
    yield f"type T{index}Connection {{\n  nodes: [T{index}E0!]!\n  pageInfo: PageInfo!\n  total: Int!\n}}\n"
    yield f"union T{index}Hit = T{index}E0 | T{index}E1 | T{index}E2\n"
    yield "type Query {"
    for entity in range(ENTITIES):
        yield f"  t{index}e{entity}(id: ID!): T{index}E{entity}"
    yield f"  t{index}List(filter: T{index}Filter, first: Int = 10): T{index}Connection!"
    yield f"  t{index}Search(text: String!): [T{index}Hit!]!"
    yield "}\n"
    yield f"type Mutation {{\n  t{index}Save(input: T{index}Filter!): T{index}E0\n}}\n"
