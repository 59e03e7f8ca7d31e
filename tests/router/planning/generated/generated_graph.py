"""One generated graph with its router and its monolith, and how their answers compare.

The router is the real one from document text to bytes; only the network is replaced. Every operation that a
plan sends is validated against the subgraph's own schema.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import ExecutionResult, parse, validate

from marquee_router.engine.operations import VariantKey
from marquee_router.engine.options import EngineOptions
from marquee_router.engine.preparation import Preparation
from marquee_router.errors import RequestError
from marquee_router.execution.exchange import Exchange
from marquee_router.execution.state import Execution
from marquee_router.planning.plan import QueryPlan
from marquee_router.request import RequestContext
from marquee_schema.composition import CompositionError, Subgraph, compose
from marquee_schema.supergraph import load_supergraph
from tests.router.execution.world_transport import WorldTransport
from tests.router.planning.generated.data import ImpossibleData, make_data
from tests.router.planning.generated.text import SubgraphText
from tests.router.planning.graphs import fetches
from tests.router.planning.world import World


@dataclass(frozen=True, slots=True)
class Question:
    """An operation with its variables, and the labels that are on."""

    text: str
    variables: Mapping[str, Any]
    labels: frozenset[str] = frozenset()


class GeneratedGraph:
    """A composed graph over its data."""

    def __init__(self, texts: Sequence[SubgraphText], salt: int, *, faults: bool) -> None:
        """Raises `CompositionError`, `ImpossibleData`."""
        sources = {text.name: str(text) for text in texts}
        composed = compose(
            [Subgraph(name=name, url=f"http://{name}", sdl=sdl) for name, sdl in sources.items()]
        )
        self.supergraph = load_supergraph(composed.supergraph_sdl)
        self.schema = self.supergraph.api_schema
        self._data = make_data(self.supergraph, salt, faults=faults)
        self.world = World(self.supergraph, sources, self._data.root, self._data.entities)
        exchanges = {
            name: Exchange(name, WorldTransport(each)) for name, each in self.world.subgraphs.items()
        }
        self._preparation = Preparation(self.supergraph, exchanges, EngineOptions())

    async def difference(self, question: Question) -> str | None:
        """How the router's answer differs from the monolith's; None when it does not."""
        self.world.labels = question.labels
        document = parse(question.text)
        self._data.mutations.clear()
        expected = self.world.monolith(document, question.variables)
        self._data.mutations.clear()
        try:
            plan, answer = await self._answer(question)
        except RequestError as error:
            return f"refused: {error.message}"
        except Exception as error:  # noqa: BLE001 whatever it is, it is the finding
            return f"raised {error!r}"
        return self._invalid(plan) or _difference(expected, answer)

    async def _answer(self, question: Question) -> tuple[QueryPlan, dict[str, Any]]:
        prepared = self._preparation.prepare(question.text, None)
        compiled, plan = prepared.compiled, prepared.plan
        if question.labels:
            compiled = self._preparation.compiler.variant(prepared, VariantKey(question.labels))
        variables = prepared.coerce(dict(question.variables))
        execution = Execution({}, variables, RequestContext(headers={}), 10)
        response = await compiled.execute(execution)
        return plan, orjson.loads(response.body)

    def _invalid(self, plan: QueryPlan) -> str | None:
        """Why a subgraph would refuse an operation of the plan; None if none would."""
        for fetch in fetches(plan.node):
            errors = validate(self.world.subgraphs[fetch.subgraph].schema, parse(fetch.operation))
            if errors:
                return f"{fetch.subgraph} would refuse {fetch.operation}: {errors[0].message}"
        return None


def composed(texts: Sequence[SubgraphText], salt: int, *, faults: bool) -> GeneratedGraph | None:
    """The graph; None when the subgraphs do not compose, or no data can satisfy the composed schema."""
    try:
        return GeneratedGraph(texts, salt, faults=faults)
    except (CompositionError, ImpossibleData):
        return None


def _difference(expected: ExecutionResult, answer: Mapping[str, Any]) -> str | None:
    wanted = orjson.dumps(expected.data).decode()
    found = orjson.dumps(answer.get("data")).decode()
    if wanted != found:
        return f"expected {wanted}\n   found {found}\n  errors {answer.get('errors')}"
    ours = {tuple(error.get("path", ())) for error in answer.get("errors", ())}
    theirs = {tuple(error.path or ()) for error in expected.errors or ()}
    lost = [path for path in theirs - ours if not _is_explained(expected.data, path, ours)]
    if lost:
        return f"errors lost: {lost}, found {answer.get('errors')}"
    # One server stops at the first null that it may not give; a router hears of all of them.
    invented = [path for path in ours - theirs if not (theirs and _is_nulled(expected.data, path))]
    return f"errors invented: {invented} in {answer.get('errors')}" if invented else None


def _is_explained(data: Any, path: tuple[Any, ...], errors: set[tuple[Any, ...]]) -> bool:
    """True if one of the errors explains the null that this error led to."""
    for length, element in enumerate(path):
        if data is None:
            return any(each[:length] == path[:length] for each in errors)
        data = data[element]
    return False


def _is_nulled(data: Any, path: tuple[Any, ...]) -> bool:
    """True if there is a null at the path, or on the way to it."""
    for element in path:
        if data is None:
            return True
        data = data[element]
    return data is None
