"""Subgraphs that answer from a function, and notice what they are asked."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import orjson
from graphql import GraphQLSchema

from marquee_router.errors import SubgraphUnavailable
from marquee_router.execution.compiled_plan import CompiledPlan, compile_plan
from marquee_router.execution.exchange import Exchange
from marquee_router.execution.state import Execution
from marquee_router.execution.subgraph import SubgraphReply, SubgraphTransport
from marquee_router.planning.plan import QueryPlan
from marquee_router.request import RequestContext, Response

Answer: TypeAlias = Callable[[dict[str, Any]], Any]
"""From the variables to the answer: a JSON value, raw bytes, or an exception to raise."""


@dataclass
class Call:
    query: str
    variables: dict[str, Any]
    headers: dict[str, str]
    idempotent: bool


class FakeSubgraph:
    """A transport whose subgraph is a function."""

    def __init__(self, answer: Answer | Any, status: int = 200, events: list[Any] | None = None) -> None:
        self._answer = answer
        self._status = status
        self._events = events or []
        self.calls: list[Call] = []
        self.closed = False
        self.streams_ended = 0

    async def fetch(
        self, body: bytes, headers: Mapping[str, str], timeout_seconds: float, *, idempotent: bool = False
    ) -> SubgraphReply:
        request = orjson.loads(body)
        variables = request.get("variables", {})
        self.calls.append(Call(request["query"], variables, dict(headers), idempotent))
        answer = self._answer(variables) if callable(self._answer) else self._answer
        if isinstance(answer, Exception):
            raise answer
        content = answer if isinstance(answer, bytes) else orjson.dumps(answer)
        return SubgraphReply(self._status, "application/json", content, {})

    async def subscribe(self, body: bytes, headers: Mapping[str, str]) -> AsyncGenerator[bytes, None]:
        request = orjson.loads(body)
        self.calls.append(Call(request["query"], request.get("variables", {}), dict(headers), False))
        try:
            for event in self._events:
                if isinstance(event, Exception):
                    raise event
                yield orjson.dumps(event)
        finally:
            self.streams_ended += 1

    async def aclose(self) -> None:
        self.closed = True


def down() -> FakeSubgraph:
    return FakeSubgraph(SubgraphUnavailable("connection refused"))


def compiled(schema: GraphQLSchema, plan: QueryPlan, **subgraphs: SubgraphTransport) -> CompiledPlan:
    exchanges = {name: Exchange(name, transport) for name, transport in subgraphs.items()}
    return compile_plan(plan, schema, exchanges)


def execution(variables: dict[str, Any] | None = None, **headers: str) -> Execution:
    context = RequestContext(headers={}, subgraph_headers=dict(headers))
    return Execution({}, variables or {}, context, timeout_seconds=5.0)


async def answer(
    schema: GraphQLSchema,
    plan: QueryPlan,
    variables: dict[str, Any] | None = None,
    **subgraphs: SubgraphTransport,
) -> Any:
    """The decoded answer of a plan over these subgraphs."""
    response = await compiled(schema, plan, **subgraphs).execute(execution(variables))
    decoded = orjson.loads(response.body)
    assert response.has_errors == ("errors" in decoded)
    return decoded


def decoded(response: Response) -> Any:
    return orjson.loads(response.body)
