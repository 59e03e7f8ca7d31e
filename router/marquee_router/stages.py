"""The stages of a request, as protocols: for persisted documents, limits, authorisation, and for extensions.

An extension is any object with one or more of the methods of `OnRequest`, `OnIdentity`, `OnPlanned`,
`OnSubgraphRequest`, `OnSubgraphReply`, `OnResponse` and `OnEvent`. They are called in this order, and several
extensions in the order in which they are installed (`docs/guides/extending.md`).

Preparation runs once per distinct operation. What depends on the single request (its variables, its
identity) is returned as a callable or a key, so that a request pays only for what its operation needs.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, runtime_checkable

from graphql import DocumentNode, GraphQLSchema

from marquee_router.errors import FormattedError
from marquee_router.execution.subgraph import SubgraphReply
from marquee_router.planning.operation import NormalizedOperation
from marquee_router.planning.plan import OperationKind, QueryPlan
from marquee_router.request import GraphQLRequest, Identity, RequestContext, Response

OverrideDecision: TypeAlias = Callable[[str, RequestContext], bool | None]
"""Returns True if a label of progressive `@override` is on for a request; None: a percentage is drawn."""


class DocumentSource(Protocol):
    """Finds the document of a request: in it, by its hash (APQ) or by its id (trusted documents)."""

    async def text_of(self, request: GraphQLRequest, context: RequestContext) -> str:
        """Return the document to run; raises `RequestError` if there is none, or it may not run."""
        ...


RequestCheck: TypeAlias = Callable[[Mapping[str, Any], RequestContext], None]
"""Called per request with the coerced variables; raises `RequestError` to refuse."""


class OperationGuard(Protocol):
    """Refuses operations that are too large, too deep or too costly, by raising `RequestError`."""

    def check_text(self, text: str) -> None:
        """Before parsing: size and tokens."""
        ...

    def check_document(self, document: DocumentNode) -> None:
        """Before validation: depth, aliases, directives; fragments may be cyclic here."""
        ...

    def check_operation(
        self, document: DocumentNode, operation_name: str | None, schema: GraphQLSchema
    ) -> RequestCheck | None:
        """After validation: cost. Return a check for each request, if the cost depends on variables."""
        ...


@dataclass(frozen=True, slots=True)
class Pruned:
    """The part of an operation that a requester may run; `operation` is None if nothing is left."""

    operation: NormalizedOperation | None
    errors: tuple[FormattedError, ...] = ()
    """One per denied field, with its path of response keys, without list positions."""


class Protected(Protocol):
    """The protected parts of one operation."""

    async def key(self, context: RequestContext) -> Hashable:
        """Return what this requester may see of the operation; equal keys have equal pruning. Raises
        `RequestError` to refuse the request."""
        ...

    def prune(self, key: Hashable) -> Pruned:
        """Return the operation as far as `key` grants it. Called once per key and operation."""
        ...


class Authorizer(Protocol):
    """Finds the parts of an operation that not every requester may see."""

    def examine(self, operation: NormalizedOperation) -> Protected | None:
        """Return the protected parts of a normalised operation; None if it has none."""
        ...


class PlannedOperation(Protocol):
    """An operation that is about to run, as extensions see it; all requests with its text share it."""

    @property
    def kind(self) -> OperationKind:
        """Query, mutation or subscription."""
        ...

    @property
    def name(self) -> str | None:
        """The name in the document."""
        ...

    @property
    def text(self) -> str:
        """The normalised document: one operation and its fragments. Equal texts are one operation."""
        ...

    @property
    def plan(self) -> QueryPlan:
        """The fetches, and their order."""
        ...


@dataclass(frozen=True, slots=True)
class SubgraphCall:
    """One request to a subgraph. It may serve several client requests with equal queries and headers."""

    subgraph: str
    body: bytes
    """JSON of `query`, `variables` and `operationName`."""
    headers: dict[str, str]
    """Of this call only, names in lower case. An extension may change them."""
    idempotent: bool
    """True for queries; False for mutations and subscriptions."""


@runtime_checkable
class OnRequest(Protocol):
    """Called when a GraphQL request is received, over any transport; for each one of a batch or a socket."""

    async def on_request(self, request: GraphQLRequest, context: RequestContext) -> None:
        """Raise `RequestError` (or `Forbidden`, …) to refuse the request before anything is done for it.

        `context.state` is free for extensions; `context.subgraph_headers` are sent to all subgraphs.
        """
        ...


@runtime_checkable
class OnIdentity(Protocol):
    """Called when a client is identified: once per HTTP request, and once per socket."""

    async def on_identity(self, identity: Identity | None) -> Identity | None:
        """Return the identity, the same or another; None is a guest. Raise `Unauthenticated` to refuse it."""
        ...


@runtime_checkable
class OnPlanned(Protocol):
    """Called when an operation is valid, within the limits, and planned."""

    async def on_planned(
        self, operation: PlannedOperation, request: GraphQLRequest, context: RequestContext
    ) -> None:
        """Raise `RequestError` to refuse the operation before it is executed."""
        ...


@runtime_checkable
class OnSubgraphRequest(Protocol):
    """Called before a request to a subgraph."""

    async def on_subgraph_request(self, call: SubgraphCall) -> None:
        """May change `call.headers`. Raise `SubgraphUnavailable` to skip the call: its fields become null."""
        ...


@runtime_checkable
class OnSubgraphReply(Protocol):
    """Called when a subgraph has answered a query or mutation."""

    async def on_subgraph_reply(self, call: SubgraphCall, reply: SubgraphReply) -> SubgraphReply:
        """Return the reply, the same or another."""
        ...


@runtime_checkable
class OnResponse(Protocol):
    """Called when a query or mutation was executed; for each part of an incremental response."""

    async def on_response(
        self,
        operation: PlannedOperation,
        request: GraphQLRequest,
        context: RequestContext,
        response: Response,
    ) -> Response:
        """Return the response, the same or another. The `headers` of a single response are sent."""
        ...


@runtime_checkable
class OnEvent(Protocol):
    """Called when an event of a subscription was resolved: once for all clients that share it."""

    async def on_event(
        self, operation: PlannedOperation, context: RequestContext, response: Response
    ) -> Response | None:
        """Return what clients receive; None: they receive nothing."""
        ...
