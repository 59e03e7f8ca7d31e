"""Whatever subgraphs send, the answer keeps the schema's promises, and its errors point into it."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import orjson
from graphql import GraphQLSchema, execute_sync, parse

from marquee_router.execution.subgraph import SubgraphReply
from marquee_router.request import GraphQLRequest, RequestContext
from tests.router.execution.operations import VARIABLES, Operations
from tests.router.execution.test_federation import ARGUMENTS, shop
from tests.router.execution.world_transport import Federation, WorldTransport

CONTEXT = RequestContext(headers={})
ODDITIES: list[Any] = [None, [], {}, "x", 5, 1.5, True, [None], {"a": 1}, [[1]], 2**40]


class Liar(WorldTransport):
    """Changes some values of each answer, drops some, cuts some answers off, and lies about the status."""

    def __init__(self, honest: WorldTransport, seed: int) -> None:
        super().__init__(honest.subgraph)
        self._random = random.Random(seed)

    async def fetch(
        self, body: bytes, headers: Mapping[str, str], timeout_seconds: float, *, idempotent: bool = False
    ) -> SubgraphReply:
        honest = await super().fetch(body, headers, timeout_seconds, idempotent=idempotent)
        content = orjson.dumps(self._changed(orjson.loads(honest.body)))
        if self._random.random() < 0.03:
            content = content[:-2]
        return SubgraphReply(self._random.choice([200] * 9 + [500]), "application/json", content, {})

    def _changed(self, value: Any) -> Any:
        if self._random.random() < 0.03:
            return self._random.choice(ODDITIES)
        if isinstance(value, dict):
            return {key: self._changed(item) for key, item in value.items() if self._random.random() > 0.015}
        if isinstance(value, list):
            items = [self._changed(item) for item in value]
            return items[:-1] if self._random.random() < 0.03 else items
        return value


def lying() -> Federation:
    graph = shop()
    for seed, (name, honest) in enumerate(graph.transports.items()):
        graph.transports[name] = Liar(honest, seed)
    graph.renew()
    return graph


def completed_again(schema: GraphQLSchema, query: str, data: dict[str, Any]) -> Any:
    """The answer as graphql-core would complete it: a valid answer is left as it is."""
    result = execute_sync(
        schema,
        parse(query),
        root_value=data,
        variable_values=VARIABLES,
        field_resolver=lambda source, info, **_: source.get(info.path.key),
    )
    assert not result.errors, (query, result.errors)
    return result.data


def assert_leads_somewhere(data: Any, path: list[Any]) -> None:
    """The path exists in the answer, down to the null that it explains."""
    for element in path:
        if data is None:
            return
        data = data[element]


async def test_lies_never_break_the_answer() -> None:
    graph = lying()
    failed = 0
    for seed in range(20):
        query = Operations(graph.supergraph.api_schema, seed, ARGUMENTS).query(3)
        request = GraphQLRequest(query, variables=VARIABLES)
        prepared = await graph.engine.prepare(request, CONTEXT)
        for _ in range(8):
            response = await graph.engine.execute(prepared, request, CONTEXT)
            answer = orjson.loads(response.body)
            errors = answer.get("errors", [])
            failed += bool(errors)
            if answer["data"] is None:
                assert errors
                continue
            assert completed_again(graph.supergraph.api_schema, query, answer["data"]) == answer["data"]
            for error in errors:
                assert_leads_somewhere(answer["data"], error.get("path", []))
                assert error["extensions"]["code"]
    assert failed > 20
    await graph.engine.aclose()
