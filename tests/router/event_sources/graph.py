"""A shop of two subgraphs and a list of events: entities are answered by graphql-core, and calls are kept."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from graphql import GraphQLSchema, build_schema, execute, parse, validate

from marquee_router import Extras, RouterApp, create_app
from marquee_router.config import RouterConfig
from marquee_router.errors import SubgraphUnavailable
from marquee_router.event_sources import EventSource
from marquee_router.execution.subgraph import SubgraphReply
from tests.router.transport.graph import LINK, supergraph_of

ORDERS = """
type Query { order(id: ID!): Order }
type Subscription { orderChanged(id: ID!, shop: String! = "main"): Order  ticks(every: Int): Int }
type Order @key(fields: "id") { id: ID! status: String total(in: String): String secret: String }
"""
PARCELS = 'type Query { parcels: Int }  type Order @key(fields: "id") { id: ID! parcel: String }'
EVENTS = """
type Subscription { orderMoved(id: ID!): Order  noted: Note  counted: [Int!] }
type Note { text: String!  about: String  order: Order }
type Order @key(fields: "id", resolvable: false) { id: ID! }
"""
ENTITIES = """
scalar _Any union _Entity = Order
extend type Query { _entities(representations: [_Any!]!): [_Entity]! }
"""
KEY = "directive @key(fields: String!, resolvable: Boolean) on OBJECT\n"


@dataclass(slots=True)
class Subgraph:
    """Implements `SubgraphTransport`: an order is made of its representation and of `status`."""

    sdl: str
    status: dict[str, str] = field(default_factory=dict)
    calls: list[dict[str, Any]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    is_down: bool = False
    schema: GraphQLSchema = field(init=False)

    def __post_init__(self) -> None:
        self.schema = build_schema(KEY + self.sdl + (ENTITIES if "Query" in self.sdl else ""))

    async def fetch(
        self, body: bytes, headers: Mapping[str, str], timeout_seconds: float, *, idempotent: bool = False
    ) -> SubgraphReply:
        """Answer a valid query for entities."""
        if self.is_down:
            raise SubgraphUnavailable("down")
        request = orjson.loads(body)
        document = parse(request["query"])
        assert not validate(self.schema, document)
        representations = next(v for v in request["variables"].values() if isinstance(v, list))
        self.calls += representations
        self.headers.append(dict(headers))
        root = {"_entities": [self._order(each) for each in representations]}
        result = execute(self.schema, document, root, variable_values=request["variables"])
        assert not hasattr(result, "__await__")
        return SubgraphReply(200, "application/json", orjson.dumps(result.formatted), {})

    def _order(self, representation: dict[str, Any]) -> dict[str, Any] | None:
        number = representation["id"]
        if number == "gone":
            return None

        def secret(*_: object) -> str:
            raise ValueError("not for you")

        return {
            **representation,
            "status": self.status.get(number, "NEW"),
            "total": lambda _, **arguments: f"{number} {arguments.get('in')}",
            "parcel": f"parcel of {number}",
            "secret": secret,
        }

    async def subscribe(self, body: bytes, headers: Mapping[str, str]) -> AsyncIterator[bytes]:
        """The stream of the subgraph itself: one tick."""
        yield b'{"data":{"ticks":7}}'

    async def aclose(self) -> None:
        """Nothing is held."""


@dataclass(frozen=True, slots=True)
class Shop:
    """An app, and what its subgraphs were asked."""

    app: RouterApp
    orders: Subgraph
    parcels: Subgraph


SUPERGRAPH = supergraph_of(orders=LINK + ORDERS, parcels=LINK + PARCELS, events=LINK + EVENTS)


def shop(
    event_sources: Mapping[str, Any],
    source: EventSource | None = None,
    **settings: Any,
) -> Shop:
    """A new app with these event sources; `source` is the broker `bus`."""
    orders, parcels = Subgraph(ORDERS), Subgraph(PARCELS)
    app = create_app(
        SUPERGRAPH,
        {"orders": orders, "parcels": parcels, "events": Subgraph(EVENTS + "type Query { x: Int }")},
        RouterConfig.model_validate({"event_sources": event_sources, **settings}),
        extras=Extras(event_sources={} if source is None else {"bus": source}),
    )
    return Shop(app, orders, parcels)
