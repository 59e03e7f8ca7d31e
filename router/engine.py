"""The engine of one schema generation: prepares operations, executes them, answers in bytes.

Owns the order of the stages and the caches between them. Knows no HTTP: transports call it and shape what
comes back. A reload makes a new engine and lets the old one finish; nothing is shared between generations
but the transports.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

from graphql import GraphQLSchema

from router.execution.subgraph import SubgraphTransport
from router.planning.plan import OperationKind, QueryPlan
from router.request import GraphQLRequest, RequestContext, Response
from router.stages import Authorizer, DocumentSource, OperationGuard, RequestCheck, Supergraph


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """Bounds and choices of one engine."""

    documents_cached: int = 2_000
    """Prepared operations kept, by text; the least recently used go first."""
    timeout_seconds: float = 30.0
    """For each subgraph call, unless the request's deadline is nearer."""
    pass_subgraph_messages: bool = True
    """Show clients the messages of errors that subgraphs report; unexpected faults are masked in any case."""
    suggestions: bool = True
    """Let validation errors suggest names of the schema."""


@dataclass(frozen=True, slots=True, eq=False)
class PreparedOperation:
    """A valid operation with its plan; immutable, shared by all requests with the same text."""

    kind: OperationKind
    name: str | None
    text: str
    plan: QueryPlan
    check: RequestCheck | None = field(default=None, repr=False)


class Engine:
    """Answers GraphQL requests on one supergraph.

    `transports` maps each subgraph's name to its transport; the engine does not close them unless
    `owns_transports`.
    """

    def __init__(
        self,
        supergraph: Supergraph,
        transports: Mapping[str, SubgraphTransport],
        *,
        options: EngineOptions | None = None,
        document_source: DocumentSource | None = None,
        guard: OperationGuard | None = None,
        authorizer: Authorizer | None = None,
        owns_transports: bool = True,
    ) -> None:
        self.supergraph = supergraph
        self._transports = dict(transports)
        self._options = options or EngineOptions()
        self._document_source = document_source
        self._guard = guard
        self._authorizer = authorizer
        self._owns_transports = owns_transports

    @property
    def api_schema(self) -> GraphQLSchema:
        """The schema clients see."""
        return self.supergraph.api_schema

    async def prepare(self, request: GraphQLRequest, context: RequestContext) -> PreparedOperation:
        """The operation of `request`, from the cache when it is known; raises `RequestError` when it is
        refused."""
        raise NotImplementedError

    async def execute(
        self, prepared: PreparedOperation, request: GraphQLRequest, context: RequestContext
    ) -> Response:
        """Run a query or mutation; raises `RequestError` when its variables are refused, else always
        answers."""
        raise NotImplementedError

    def subscribe(
        self, prepared: PreparedOperation, request: GraphQLRequest, context: RequestContext
    ) -> AsyncIterator[Response]:
        """Run a subscription: one answer per event. Raises `RequestError` on the first step when it is
        refused."""
        raise NotImplementedError

    async def aclose(self) -> None:
        """Close the transports, when this engine owns them."""
        if self._owns_transports:
            for transport in self._transports.values():
                await transport.aclose()
