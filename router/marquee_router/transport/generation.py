"""`Generation`: one supergraph with one configuration, and the operations that run on it.

A reload makes a new generation; the old one is closed when its last operation has ended. A request is bound
to one generation from its preparation to its answer, so it never sees two supergraphs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from marquee_router.config.model import RouterConfig
from marquee_router.execution.subgraph import SubgraphTransport
from marquee_router.instrumentation import OperationHook
from marquee_router.planning.plan import OperationKind
from marquee_router.request import GraphQLRequest, RequestContext
from marquee_router.transport.operation_runner import OperationRunner, RunnableOperation


@dataclass(slots=True, eq=False)
class Generation:
    """An engine, its settings, and the count of its running operations."""

    engine: OperationRunner
    config: RouterConfig
    transports: Mapping[str, SubgraphTransport] = field(default_factory=dict)
    """By subgraph name; other generations may use the same ones."""
    hooks: tuple[OperationHook, ...] = ()
    number: int = 0
    running: int = 0
    replaced: bool = False
    unused: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the generation is replaced and no operation runs on it."""
    reports_cost: bool = field(init=False)
    """True if each answer says what it cost."""

    def __post_init__(self) -> None:
        self.reports_cost = self.config.limits.report_cost

    def enter(self) -> None:
        """Count an operation that begins."""
        self.running += 1
        if self.replaced:
            self.unused.clear()

    def leave(self) -> None:
        """Count an operation that ends."""
        self.running -= 1
        if self.replaced and not self.running:
            self.unused.set()

    def replace(self) -> None:
        """Mark the generation as replaced: from now on it only ends what it has begun."""
        self.replaced = True
        if not self.running:
            self.unused.set()


@dataclass(slots=True)
class BoundOperation:
    """A prepared operation with its request, bound to the generation that prepared it."""

    generation: Generation
    prepared: RunnableOperation
    request: GraphQLRequest
    context: RequestContext

    @property
    def kind(self) -> OperationKind:
        """Query, mutation or subscription."""
        return self.prepared.kind

    @property
    def defers(self) -> bool:
        """True if it can be answered in parts."""
        return self.prepared.defers
