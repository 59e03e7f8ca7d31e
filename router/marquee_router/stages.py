"""The seams of the router: what persisted documents, limits and authorisation plug into, and what extensions
do. Protocols and records only.

An extension is any object with one or more of the methods of `OnRequest`, `OnIdentity`, `OnPlanned`,
`OnSubgraphRequest`, `OnSubgraphReply`, `OnResponse` and `OnEvent`: they are called in this order, several
extensions in the order they are installed (`docs/guides/extending.md`). Where none is installed, nothing is
called.

Preparation runs once per distinct operation; what depends on the single request (its variables, its
identity) comes back as a small callable or key, so that the hot path pays only for what an operation really
needs.
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
"""Whether the label of a progressive `@override` is on for a request; None leaves a percentage to chance."""


class DocumentSource(Protocol):
    """Finds the text of a request: itself, by hash (APQ) or by name (trusted documents)."""

    async def text_of(self, request: GraphQLRequest, context: RequestContext) -> str:
        """The document to run; raises `RequestError` when there is none or it may not run."""
        ...


RequestCheck: TypeAlias = Callable[[Mapping[str, Any], RequestContext], None]
"""Called per request with the coerced variables; raises `RequestError` to refuse."""


class OperationGuard(Protocol):
    """Refuses operations that are too large, too deep or too costly. Each method raises `RequestError` to
    refuse."""

    def check_text(self, text: str) -> None:
        """Before parsing: size and tokens."""
        ...

    def check_document(self, document: DocumentNode) -> None:
        """Before validation: depth, aliases, directives; fragments may be cyclic here."""
        ...

    def check_operation(
        self, document: DocumentNode, operation_name: str | None, schema: GraphQLSchema
    ) -> RequestCheck | None:
        """After validation: cost. Returns what has to be checked again with each request's variables, or
        None."""
        ...


@dataclass(frozen=True, slots=True)
class Pruned:
    """What an identity may run of an operation; `operation` is None when nothing is left to run."""

    operation: NormalizedOperation | None
    errors: tuple[FormattedError, ...] = ()
    """One per field taken away, with the path of response keys; list positions are not known here."""


class Protected(Protocol):
    """The protected parts of one operation."""

    async def key(self, context: RequestContext) -> Hashable:
        """What this requester is granted of the operation: equal keys, equal pruning. Raises `RequestError`
        to refuse."""
        ...

    def prune(self, key: Hashable) -> Pruned:
        """The operation as far as `key` grants it; called once per key and operation."""
        ...


class Authorizer(Protocol):
    """Decides per operation whether identity matters at all."""

    def examine(self, operation: NormalizedOperation) -> Protected | None:
        """None when nothing in this normalised operation is protected."""
        ...


class PlannedOperation(Protocol):
    """What an extension reads of an operation that is about to run; shared by all requests with its text."""

    @property
    def kind(self) -> OperationKind:
        """Query, mutation or subscription."""
        ...

    @property
    def name(self) -> str | None:
        """As the document says."""
        ...

    @property
    def text(self) -> str:
        """The operation and its fragments, normalised: equal texts are one operation."""
        ...

    @property
    def plan(self) -> QueryPlan:
        """What will be fetched, in which order."""
        ...


@dataclass(frozen=True, slots=True)
class SubgraphCall:
    """One request to a subgraph. It may serve several client requests at once: what these ask of it is equal,
    headers included."""

    subgraph: str
    body: bytes
    """JSON of `query`, `variables` and `operationName`."""
    headers: dict[str, str]
    """Of this call alone, names in lower case: an extension may change them."""
    idempotent: bool
    """Whether it reads only. False for mutations and subscriptions."""


@runtime_checkable
class OnRequest(Protocol):
    """A GraphQL request was received, over whichever transport; each of a batch or a socket by itself."""

    async def on_request(self, request: GraphQLRequest, context: RequestContext) -> None:
        """Before anything is done for it. Raise `RequestError` (or `Forbidden`, ...) to refuse it;
        `context.state` is for an extension's own notes, `context.subgraph_headers` goes to all subgraphs."""
        ...


@runtime_checkable
class OnIdentity(Protocol):
    """A client was identified: once per HTTP request, and once per socket."""

    async def on_identity(self, identity: Identity | None) -> Identity | None:
        """Returns who it is, the same or another; None is a guest. Raise `Unauthenticated` to refuse."""
        ...


@runtime_checkable
class OnPlanned(Protocol):
    """The operation is valid, within the limits, and planned."""

    async def on_planned(
        self, operation: PlannedOperation, request: GraphQLRequest, context: RequestContext
    ) -> None:
        """Before it is executed. Raise `RequestError` to refuse it."""
        ...


@runtime_checkable
class OnSubgraphRequest(Protocol):
    """A subgraph is about to be called."""

    async def on_subgraph_request(self, call: SubgraphCall) -> None:
        """May change `call.headers`. Raise `SubgraphUnavailable` to leave the call out: its fields become
        null."""
        ...


@runtime_checkable
class OnSubgraphReply(Protocol):
    """A subgraph has answered a query or mutation."""

    async def on_subgraph_reply(self, call: SubgraphCall, reply: SubgraphReply) -> SubgraphReply:
        """Returns the reply, the same or another."""
        ...


@runtime_checkable
class OnResponse(Protocol):
    """A query or mutation was executed; of an answer in parts, each part."""

    async def on_response(
        self,
        operation: PlannedOperation,
        request: GraphQLRequest,
        context: RequestContext,
        response: Response,
    ) -> Response:
        """Returns the answer, the same or another; its `headers` are sent where it is a whole one."""
        ...


@runtime_checkable
class OnEvent(Protocol):
    """An event of a subscription was resolved: once for all clients that share it."""

    async def on_event(
        self, operation: PlannedOperation, context: RequestContext, response: Response
    ) -> Response | None:
        """Returns what clients receive; None: nothing."""
        ...
