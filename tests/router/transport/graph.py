"""A small real graph: two composed subgraphs answered by hand, and a record of what was fetched."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from marquee_router import Extras, RouterApp, create_app
from marquee_router.config import RouterConfig
from marquee_router.execution.subgraph import SubgraphReply
from marquee_schema.composition import Subgraph, compose

LINK = """
extend schema @link(url: "https://specs.apollo.dev/federation/v2.9",
  import: ["@key", "@authenticated", "@requiresScopes", "@policy"])
"""
PEOPLE = (
    LINK
    + """
type Query { me: User  films: [Film!]!  diary: String @authenticated  notes: [Note!]!  any: [Item] }
type Mutation { burn: Boolean @requiresScopes(scopes: [["admin"]]) }
type Subscription { ticks: Int! }
type User @key(fields: "id") {
  id: ID!
  name: String
  email: String @requiresScopes(scopes: [["email", "read"], ["admin"]])
  age: Int! @policy(policies: [["adult"]])
}
type Film @key(fields: "id") { id: ID! title: String! }
type Note @authenticated { text: String }
union Item = Film | Note
"""
)
TAKINGS = (
    LINK
    + 'type Film @key(fields: "id") { id: ID! takings: Int @requiresScopes(scopes: [["admin"]]) length: Int }'
)
ANSWERS: dict[str, Any] = {
    "me": {"__typename": "User", "id": "1", "name": "Ada", "email": "ada@b.test", "age": 36},
    "films": [{"__typename": "Film", "id": str(n), "title": f"Film {n}"} for n in (1, 2)],
    "diary": "dear diary",
    "notes": [{"__typename": "Note", "text": "a note"}],
    "any": [{"__typename": "Film", "id": "1", "title": "Film 1"}, {"__typename": "Note", "text": "a note"}],
    "burn": True,
}


@dataclass(slots=True)
class HandmadeSubgraph:
    """Implements `SubgraphTransport`."""

    name: str
    fetched: list[str]
    closed: bool = False
    headers: list[Mapping[str, str]] = field(default_factory=list)

    async def fetch(
        self, body: bytes, headers: Mapping[str, str], timeout_seconds: float, *, idempotent: bool = False
    ) -> SubgraphReply:
        """Answer with everything that is known; the router picks what it asked for."""
        request = orjson.loads(body)
        self.fetched.append(request["query"])
        self.headers.append(headers)
        data: dict[str, Any] = dict(ANSWERS)
        for alias, variable in re.findall(
            r"(?:(\w+):)?_entities\(representations:\$(\w+)\)", request["query"]
        ):
            count = len(request["variables"][variable])
            data[alias or "_entities"] = [{"__typename": "Film", "takings": 5, "length": 90}] * count
        return SubgraphReply(200, "application/json", orjson.dumps({"data": data}), {})

    async def subscribe(self, body: bytes, headers: Mapping[str, str]) -> AsyncIterator[bytes]:
        """Two events."""
        for number in (1, 2):
            yield orjson.dumps({"data": {"ticks": number}})

    async def aclose(self) -> None:
        """Remember that it was closed."""
        self.closed = True


@dataclass(frozen=True, slots=True)
class Graph:
    """A running app, and what its subgraphs were asked."""

    app: RouterApp
    fetched: list[str]
    subgraphs: Mapping[str, HandmadeSubgraph]


def supergraph_of(**sdl: str) -> str:
    """The supergraph of these subgraphs."""
    subgraphs = [Subgraph(name=name, url=f"http://{name}.test", sdl=text) for name, text in sdl.items()]
    return str(compose(subgraphs).supergraph_sdl)


def graph(settings: Mapping[str, Any] | None = None, extras: Extras | None = None) -> Graph:
    """A new app on the two subgraphs."""
    fetched: list[str] = []
    subgraphs = {name: HandmadeSubgraph(name, fetched) for name in ("people", "takings")}
    app = create_app(
        supergraph_of(people=PEOPLE, takings=TAKINGS),
        subgraphs,
        RouterConfig.model_validate(settings or {}),
        extras=extras,
    )
    return Graph(app, fetched, subgraphs)
