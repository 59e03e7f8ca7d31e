"""Compiles a query plan into something that runs: nodes to coroutines, the answer's shape to a projector.
Runs it, too.

Owns the order of fetches within one plan. Raises nothing while running but cancellation: what fails is in
the answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable, Iterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias, assert_never

import orjson
from graphql import GraphQLSchema, is_interface_type

from marquee_router.errors import FormattedError, RouterMisconfigured, SubgraphUnavailable
from marquee_router.execution.conditions import compile_conditions
from marquee_router.execution.contextual_fetch import CompiledContextualFetch
from marquee_router.execution.entity_fetch import CompiledEntityFetch, CompiledRootFetch, words
from marquee_router.execution.error_report import Reporter
from marquee_router.execution.exchange import Exchange, read_reply
from marquee_router.execution.projection import Projector, Violation
from marquee_router.execution.state import Execution, Failure
from marquee_router.execution.subgraph_request import compile_root_request
from marquee_router.planning.plan import (
    Conditional,
    EntityFetch,
    OperationKind,
    Parallel,
    PlanNode,
    QueryPlan,
    RootFetch,
    Sequence,
    Subscribe,
)
from marquee_router.request import Response

Run: TypeAlias = Callable[[Execution], Coroutine[Any, Any, None]]
Begin: TypeAlias = Callable[[], Execution]


@dataclass(frozen=True, slots=True)
class CompiledPlan:
    """A plan ready to run, any number of times at once."""

    run: Run | None
    projector: Projector
    reporter: Reporter
    source: CompiledSource | None = None
    """Of a subscription: its source stream."""
    is_whole: bool = True
    """False when some of the operation is denied, which each answer says."""

    async def execute(self, execution: Execution) -> Response:
        """Run the fetches and encode the answer."""
        if self.run is not None:
            await self.run(execution)
        return self.answer(execution)

    def answer(self, execution: Execution) -> Response:
        """The answer to what has been collected."""
        data, violations = self.projector.project(execution.data, execution.variables)
        try:
            return self._encoded(execution, data, violations)
        except TypeError:  # the encoder refuses what nests too deeply
            data, violations = self.projector.shallow(execution.data, execution.variables)
            return self._encoded(execution, data, violations)

    def _encoded(
        self, execution: Execution, data: dict[str, Any] | None, violations: list[Violation]
    ) -> Response:
        if self.is_whole and not violations and not execution.failures:
            return Response(b'{"data":' + orjson.dumps(data) + b"}")
        errors = self.reporter.report(execution, violations)
        if not errors:
            return Response(b'{"data":' + orjson.dumps(data) + b"}")
        return Response(orjson.dumps({"data": data, "errors": errors}), has_errors=True)

    async def events(self, begin: Begin) -> AsyncGenerator[Response, None]:
        """One answer per event of the source stream; `begin` makes the execution of each."""
        assert self.source is not None
        async with aclosing(self.source.stream(begin)) as stream:
            async for execution in stream:
                yield await self.execute(execution)


@dataclass(frozen=True, slots=True)
class CompiledSource:
    """The source stream of a subscription."""

    fetch: CompiledRootFetch
    request: Callable[[Execution], bytes]
    exchange: Exchange

    async def stream(self, begin: Begin) -> AsyncGenerator[Execution, None]:
        """An execution per event, with the event's data and errors in it. A broken stream ends with one that
        says so."""
        first = begin()
        events = self.exchange.transport.subscribe(self.request(first), first.headers_for(self.exchange.name))
        try:
            async for body in events:
                execution = begin()
                self._receive(execution, body)
                yield execution
        except SubgraphUnavailable as unavailable:
            execution = begin()
            execution.failures.append(Failure(self.fetch, [[execution.data]], unavailable))
            yield execution
        finally:
            if isinstance(events, AsyncGenerator):
                await events.aclose()

    def _receive(self, execution: Execution, body: bytes) -> None:
        try:
            data, errors = read_reply(body, 200)
        except SubgraphUnavailable as unavailable:
            execution.failures.append(Failure(self.fetch, [[execution.data]], unavailable))
            return
        if errors:
            execution.failures.append(Failure(self.fetch, [[execution.data]], reported=errors))
        if data is not None:
            self.fetch.absorb([execution.data], data)


def compile_plan(
    plan: QueryPlan,
    schema: GraphQLSchema,
    exchanges: Mapping[str, Exchange],
    *,
    pass_subgraph_messages: bool = True,
    denied: tuple[FormattedError, ...] = (),
) -> CompiledPlan:
    """Compile `plan` against the API schema; raises `RouterMisconfigured` when a subgraph has no
    transport."""
    node, source = plan.node, None
    if isinstance(node, Subscribe):
        exchange = _exchange(exchanges, node.source.subgraph)
        root = node.source
        request = compile_root_request(root.operation, root.variables, root.operation_name)
        source = CompiledSource(CompiledRootFetch(root, exchange, _interfaces(schema)), request, exchange)
        node = node.rest
    fetches = list(_fetches(plan.node))
    nodes = _Nodes(exchanges, fetches, _interfaces(schema), fresh=plan.kind is not OperationKind.QUERY)
    run = None if node is None else _compile_node(node, nodes)
    reporter = Reporter(plan.response, plan.root_type, pass_messages=pass_subgraph_messages, denied=denied)
    projector = Projector(plan.response, plan.root_type, schema)
    return CompiledPlan(run, projector, reporter, source, is_whole=not denied)


@dataclass(frozen=True, slots=True)
class _Nodes:
    """What compiling a node needs to know of the whole plan."""

    exchanges: Mapping[str, Exchange]
    fetches: list[RootFetch | EntityFetch]
    interfaces: frozenset[str]
    """Of the schema: names that no object has, unless its type was not told yet."""
    fresh: bool
    """True when entities must be read after what the plan does first: a mutation, or an event's arrival."""

    @property
    def is_contextual(self) -> bool:
        """Whether objects that are alike may come to differ by what stands above them."""
        return any(isinstance(fetch, EntityFetch) and fetch.is_contextual for fetch in self.fetches)

    def merged_elsewhere(self, node: EntityFetch) -> frozenset[str]:
        """Every key under which another fetch, or another target of this one, may merge.

        It matters only to a target with several paths: without one it is not worth its memory.
        """
        found: set[str] = set()
        if all(len(target.paths) == 1 for target in node.targets):
            return frozenset()
        for fetch in self.fetches:
            if fetch is not node or len(node.targets) > 1:
                found |= words(fetch.operation)
            paths = (
                [fetch.path] if isinstance(fetch, RootFetch) else [p for t in fetch.targets for p in t.paths]
            )
            found.update(element for path in paths for element in path if isinstance(element, str))
        return frozenset(found)


def compile_nodes(
    nodes: Iterable[PlanNode], schema: GraphQLSchema, exchanges: Mapping[str, Exchange], *, fresh: bool
) -> list[Run]:
    """What runs each of the nodes, which work on the same data; `fresh` as in a mutation's plan."""
    listed = list(nodes)
    fetches = [fetch for node in listed for fetch in _fetches(node)]
    known = _Nodes(exchanges, fetches, _interfaces(schema), fresh=fresh)
    return [_compile_node(node, known) for node in listed]


@lru_cache(maxsize=2)
def _interfaces(schema: GraphQLSchema) -> frozenset[str]:
    return frozenset(name for name, known in schema.type_map.items() if is_interface_type(known))


def _exchange(exchanges: Mapping[str, Exchange], subgraph: str) -> Exchange:
    found = exchanges.get(subgraph)
    if found is None:
        raise RouterMisconfigured(f"There is no transport for the subgraph {subgraph!r}")
    return found


def _fetches(node: PlanNode | None) -> Iterator[RootFetch | EntityFetch]:
    match node:
        case RootFetch() | EntityFetch():
            yield node
        case Sequence() | Parallel():
            for child in node.nodes:
                yield from _fetches(child)
        case Conditional():
            yield from _fetches(node.node)
        case Subscribe():
            yield node.source
            yield from _fetches(node.rest)
        case None:
            return
        case _:
            assert_never(node)


def _compile_node(node: PlanNode, nodes: _Nodes) -> Run:
    match node:
        case RootFetch():
            return CompiledRootFetch(node, _exchange(nodes.exchanges, node.subgraph), nodes.interfaces).run
        case EntityFetch():
            exchange = _exchange(nodes.exchanges, node.subgraph)
            elsewhere = nodes.merged_elsewhere(node)
            if node.is_contextual:
                return CompiledContextualFetch(
                    node, exchange, elsewhere, nodes.interfaces, fresh=nodes.fresh
                ).run
            return CompiledEntityFetch(
                node, exchange, elsewhere, nodes.interfaces, fresh=nodes.fresh, apart=nodes.is_contextual
            ).run
        case Sequence():
            return _sequence([_compile_node(child, nodes) for child in node.nodes])
        case Parallel():
            return _parallel([_compile_node(child, nodes) for child in node.nodes])
        case Conditional():
            return _conditional(node, _compile_node(node.node, nodes))
        case Subscribe():
            raise RouterMisconfigured("A subscription can only be the root of a plan")
        case _:
            assert_never(node)


def _sequence(steps: list[Run]) -> Run:
    if len(steps) == 1:
        return steps[0]

    async def run(execution: Execution) -> None:
        for step in steps:
            await step(execution)

    return run


def _parallel(branches: list[Run]) -> Run:
    if len(branches) == 1:
        return branches[0]
    first, others = branches[0], branches[1:]

    async def run(execution: Execution) -> None:
        # Not a TaskGroup: branches note their failures and do not raise, and it costs 12 µs more per answer.
        tasks = [asyncio.create_task(branch(execution)) for branch in others]
        try:
            await first(execution)
            for task in tasks:
                await task
        finally:
            for task in tasks:
                task.cancel()

    return run


def _conditional(node: Conditional, inner: Run) -> Run:
    holds = compile_conditions(node.conditions)
    if holds is None:
        return inner

    async def run(execution: Execution) -> None:
        if holds(execution.variables):
            await inner(execution)

    return run
