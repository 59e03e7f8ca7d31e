"""A graph of films with `@cacheControl`, and subgraphs that answer from plain data with headers of the test's
choice."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import orjson

from marquee_router import RouterApp, create_app
from marquee_router.config import RouterConfig
from marquee_router.execution.subgraph import SubgraphReply
from marquee_schema.supergraph import Supergraph
from tests.router.execution.world_transport import WorldTransport, composed
from tests.router.planning.world import World

HEAD: Final = """
extend schema
  @link(
    url: "https://specs.apollo.dev/federation/v2.9"
    import: ["@key", "@composeDirective", "@authenticated"]
  )
  @link(url: "https://specs.marquee.test/cacheControl/v1.0", import: ["@cacheControl"])
  @composeDirective(name: "@cacheControl")
directive @cacheControl(maxAge: Int, scope: CacheControlScope, inheritMaxAge: Boolean)
  on FIELD_DEFINITION | OBJECT | INTERFACE | UNION
enum CacheControlScope { PUBLIC PRIVATE }
"""
FILMS: Final = (
    HEAD
    + """
type Query {
  film(id: ID!): Film
  films: [Film!]! @cacheControl(maxAge: 30)
  top: Film @cacheControl(maxAge: 200)
  studio: Studio
  chart: Chart @cacheControl(maxAge: 50)
  mine: [Film!] @cacheControl(maxAge: 40, scope: PRIVATE)
  secret: String @authenticated @cacheControl(maxAge: 40)
  never: String @cacheControl(maxAge: 0)
  motto: String
  word: String @cacheControl(maxAge: 90)
  found: Found @cacheControl(maxAge: 70)
}
type Mutation { rename: String @cacheControl(maxAge: 60) }
union Found = Film | Diary
type Film @key(fields: "id") @cacheControl(maxAge: 60) {
  id: ID!  title: String  price: Int @cacheControl(maxAge: 10)  studio: Studio
  sequel: Film  hint: String @cacheControl(scope: PRIVATE)
}
type Studio { name: String  films: [Film!] }
type Chart { first: Place @cacheControl(inheritMaxAge: true)  second: Place }
type Place { number: Int  film: Film }
type Diary @cacheControl(maxAge: 500, scope: PRIVATE) { text: String }
"""
)
STARS: Final = (
    HEAD
    + """
type Film @key(fields: "id") { id: ID!  stars: Int  votes: Int @cacheControl(maxAge: 5) }
"""
)


def film(number: int) -> dict[str, Any]:
    """One film, whole."""
    return {
        "__typename": "Film", "id": str(number), "title": f"Film {number}", "price": number, "hint": "h",
        "studio": {"__typename": "Studio", "name": "UFA", "films": []}, "sequel": None,
        "stars": number, "votes": 7,
    }  # fmt: skip


@dataclass(slots=True)
class Films:
    """A router on the graph."""

    app: RouterApp
    subgraphs: dict[str, Watched]
    films: dict[str, dict[str, Any]]


@dataclass(slots=True)
class Watched:
    """A subgraph with a record of its requests; `headers` go with every reply."""

    world: WorldTransport
    headers: dict[str, str] = field(default_factory=dict)
    requests: list[dict[str, Any]] = field(default_factory=list)

    async def fetch(
        self, body: bytes, headers: Mapping[str, str], timeout_seconds: float, *, idempotent: bool = False
    ) -> SubgraphReply:
        self.requests.append(orjson.loads(body))
        reply = await self.world.fetch(body, headers, timeout_seconds, idempotent=idempotent)
        return reply._replace(headers=dict(self.headers))

    def subscribe(self, body: bytes, headers: Mapping[str, str]) -> AsyncGenerator[bytes, None]:
        return self.world.subscribe(body, headers)

    async def aclose(self) -> None:
        """Nothing is open."""

    @property
    def asked(self) -> list[list[str]]:
        """Of each request the ids of the entities that it was for."""
        return [
            [entity["id"] for name, value in request.get("variables", {}).items() if name.startswith("r")
             for entity in value]
            for request in self.requests
        ]  # fmt: skip


@lru_cache
def _composed(sdl: tuple[tuple[str, str], ...]) -> Supergraph:
    return composed(dict(sdl))


def films(settings: Mapping[str, Any] | None = None, films_sdl: str = FILMS, stars_sdl: str = STARS) -> Films:
    """A new router, and its subgraphs."""
    known = {str(number): film(number) for number in range(1, 6)}
    chart = {
        "__typename": "Chart",
        "first": {"__typename": "Place", "number": 1, "film": known["1"]},
        "second": {"__typename": "Place", "number": 2, "film": known["2"]},
    }
    root = {
        "film": known["1"], "films": list(known.values()), "top": known["1"], "studio": known["1"]["studio"],
        "chart": chart, "mine": [known["2"]], "secret": "s", "never": "n", "motto": "m", "word": "w",
        "rename": "done", "found": {"__typename": "Diary", "text": "dear"},
    }  # fmt: skip
    sdl = {"films": films_sdl, "stars": stars_sdl}
    supergraph = _composed(tuple(sdl.items()))
    world = World(supergraph, sdl, root, list(known.values()))
    subgraphs = {name: Watched(WorldTransport(found)) for name, found in world.subgraphs.items()}
    app = create_app(supergraph, subgraphs, RouterConfig.model_validate(settings or {}))
    return Films(app, subgraphs, known)
