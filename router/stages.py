"""The seams of preparation: what persisted documents, limits and authorisation plug into. Protocols and
records only.

Preparation runs once per distinct operation; what depends on the single request (its variables, its
identity) comes back as a small callable or key, so that the hot path pays only for what an operation really
needs.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from graphql import DocumentNode, GraphQLSchema

from router.errors import FormattedError
from router.planning.operation import NormalizedOperation
from router.request import GraphQLRequest, RequestContext

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
