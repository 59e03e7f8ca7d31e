"""The planning tests' subgraphs behind the executor's transport seam, and an engine over a composed graph of
them."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any

import orjson

from marquee_router.engine import Engine, EngineOptions, OperationPolicies, SubgraphAccess
from marquee_router.errors import SubgraphUnavailable
from marquee_router.execution.state import HeaderSource
from marquee_router.execution.subgraph import SubgraphReply
from marquee_router.request import GraphQLRequest, RequestContext
from marquee_schema.composition import Subgraph as ComposedSubgraph
from marquee_schema.composition import compose
from marquee_schema.supergraph import Supergraph, load_supergraph
from tests.router.planning.world import Subgraph, World


class WorldTransport:
    """Runs requests on one subgraph of a world; `down` makes it refuse."""

    def __init__(self, subgraph: Subgraph) -> None:
        self.subgraph = subgraph
        self.down = False
        self.calls = 0

    async def fetch(
        self, body: bytes, headers: Mapping[str, str], timeout_seconds: float, *, idempotent: bool = False
    ) -> SubgraphReply:
        self.calls += 1
        if self.down:
            raise SubgraphUnavailable("down")
        request = orjson.loads(body)
        result = self.subgraph.execute(request["query"], request.get("variables", {}))
        return SubgraphReply(200, "application/json", orjson.dumps(result.formatted), {})

    async def subscribe(self, body: bytes, headers: Mapping[str, str]) -> AsyncGenerator[bytes, None]:
        request = orjson.loads(body)
        query = request["query"].replace("subscription", "query", 1)
        for _ in range(2):
            result = self.subgraph.execute(query, request.get("variables", {}))
            yield orjson.dumps(result.formatted)

    async def aclose(self) -> None:
        """Nothing is open."""


def composed(subgraphs: Mapping[str, str]) -> Supergraph:
    found = compose(
        [ComposedSubgraph(name=name, url=f"http://{name}", sdl=sdl) for name, sdl in subgraphs.items()]
    )
    return load_supergraph(found.supergraph_sdl)


class Federation:
    """An engine over a world, and both answers to an operation."""

    def __init__(
        self,
        subgraphs: Mapping[str, str],
        root: dict[str, Any],
        entities: Sequence[dict[str, Any]],
        options: EngineOptions | None = None,
        header_source: HeaderSource | None = None,
        **policies: Any,
    ) -> None:
        """`policies` are those of `OperationPolicies`."""
        self.supergraph = composed(subgraphs)
        self.world = World(self.supergraph, subgraphs, root, entities)
        self.transports = {name: WorldTransport(found) for name, found in self.world.subgraphs.items()}
        self._options = options
        self._header_source = header_source
        self._policies = OperationPolicies(**policies)
        self.renew()

    def renew(self) -> None:
        """Make the engine, again when transports were replaced."""
        access = SubgraphAccess.of(self.transports, header_source=self._header_source)
        self.engine = Engine(self.supergraph, access, options=self._options, policies=self._policies)

    async def ask(
        self, query: str, variables: dict[str, Any] | None = None, context: RequestContext | None = None
    ) -> Any:
        """The router's decoded answer."""
        request = GraphQLRequest(query, variables=variables or {})
        context = context or RequestContext(headers={})
        prepared = await self.engine.prepare(request, context)
        response = await self.engine.execute(prepared, request, context)
        return orjson.loads(response.body)

    def calls(self) -> dict[str, int]:
        return {name: transport.calls for name, transport in self.transports.items() if transport.calls}
