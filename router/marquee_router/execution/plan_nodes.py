"""Compiles the nodes of a query plan to coroutines: fetches, in sequence, in parallel, or on a condition.

Owns the order of fetches within one plan.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias, assert_never

from graphql import GraphQLSchema, is_interface_type

from marquee_router.errors import RouterMisconfigured
from marquee_router.execution.conditions import compile_conditions
from marquee_router.execution.contextual_fetch import CompiledContextualFetch
from marquee_router.execution.entity_fetch import CompiledEntityFetch, MergeRules, names_in
from marquee_router.execution.exchange import Exchange
from marquee_router.execution.root_fetch import CompiledRootFetch
from marquee_router.execution.state import Execution
from marquee_router.planning.plan import (
    Conditional,
    EntityFetch,
    Parallel,
    PlanNode,
    RootFetch,
    Sequence,
    Subscribe,
)

Run: TypeAlias = Callable[[Execution], Coroutine[Any, Any, None]]
"""Runs a node on the data of an execution. Raises nothing but cancellation."""


def compile_nodes(
    nodes: Iterable[PlanNode],
    schema: GraphQLSchema,
    exchanges: Mapping[str, Exchange],
    *,
    fresh: bool,
    source: RootFetch | None = None,
) -> list[Run]:
    """Compile nodes that work on the same data; raises `RouterMisconfigured` for a subgraph without
    transport.

    `fresh`: True if entities must be read after what the plan does first: a mutation, or an event's arrival.
    `source` is the source stream of a subscription, whose events are part of the data.
    """
    listed = list(nodes)
    fetches = [fetch for node in listed for fetch in fetches_of(node)]
    if source is not None:
        fetches.append(source)
    compiler = _NodeCompiler(exchanges, fetches, interfaces_of(schema), fresh=fresh)
    return [compiler.compile(node) for node in listed]


@lru_cache(maxsize=2)
def interfaces_of(schema: GraphQLSchema) -> frozenset[str]:
    """The names of the interfaces of a schema."""
    return frozenset(name for name, known in schema.type_map.items() if is_interface_type(known))


def exchange_of(exchanges: Mapping[str, Exchange], subgraph: str) -> Exchange:
    """The exchange with a subgraph; raises `RouterMisconfigured`."""
    found = exchanges.get(subgraph)
    if found is None:
        raise RouterMisconfigured(f"There is no transport for the subgraph {subgraph!r}")
    return found


def fetches_of(node: PlanNode | None) -> Iterator[RootFetch | EntityFetch]:
    """Every fetch in and below a node."""
    match node:
        case RootFetch() | EntityFetch():
            yield node
        case Sequence() | Parallel():
            for child in node.nodes:
                yield from fetches_of(child)
        case Conditional():
            yield from fetches_of(node.node)
        case Subscribe():
            yield node.source
            yield from fetches_of(node.rest)
        case None:
            return
        case _:
            assert_never(node)


@dataclass(frozen=True, slots=True)
class _NodeCompiler:
    """Compiles the nodes of one plan."""

    exchanges: Mapping[str, Exchange]
    fetches: list[RootFetch | EntityFetch]
    """All of the plan."""
    interfaces: frozenset[str]
    fresh: bool

    def compile(self, node: PlanNode) -> Run:
        match node:
            case RootFetch():
                exchange = exchange_of(self.exchanges, node.subgraph)
                return CompiledRootFetch(node, exchange, self.interfaces).run
            case EntityFetch():
                return self._entity_fetch(node)
            case Sequence():
                return _sequence([self.compile(child) for child in node.nodes])
            case Parallel():
                return _parallel([self.compile(child) for child in node.nodes])
            case Conditional():
                return _conditional(node, self.compile(node.node))
            case Subscribe():
                raise RouterMisconfigured("A subscription can only be the root of a plan")
            case _:
                assert_never(node)

    def _entity_fetch(self, node: EntityFetch) -> Run:
        exchange = exchange_of(self.exchanges, node.subgraph)
        # A fetch with context values may give different values to equal objects.
        contextual = any(isinstance(each, EntityFetch) and each.is_contextual for each in self.fetches)
        rules = MergeRules(self.interfaces, self._merged_elsewhere(node), self.fresh, apart=contextual)
        fetch = CompiledContextualFetch if node.is_contextual else CompiledEntityFetch
        return fetch(node, exchange, rules).run

    def _merged_elsewhere(self, node: EntityFetch) -> frozenset[str]:
        """Every key under which another fetch, or another target of this one, may merge.

        It matters only to a target with several paths; for all others nothing is kept.
        """
        found: set[str] = set()
        if all(len(target.paths) == 1 for target in node.targets):
            return frozenset()
        for fetch in self.fetches:
            if fetch is not node or len(node.targets) > 1:
                found |= names_in(fetch.operation)
            paths = (
                [fetch.path] if isinstance(fetch, RootFetch) else [p for t in fetch.targets for p in t.paths]
            )
            found.update(element for path in paths for element in path if isinstance(element, str))
        return frozenset(found)


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
