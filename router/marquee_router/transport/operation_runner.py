"""`OperationRunner`: what the transport needs of an engine. Protocols only."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, Protocol, Self

from graphql import GraphQLSchema

from marquee_router.execution.incremental.formats import IncrementalFormat
from marquee_router.request import GraphQLRequest, RequestContext, Response
from marquee_router.stages import PlannedOperation


class RunnableOperation(PlannedOperation, Protocol):
    """A prepared operation, as far as the transport reads it."""

    @property
    def is_protected(self) -> bool:
        """True if its answer depends on what the requester may see."""
        ...

    @property
    def defers(self) -> bool:
        """True if it can be answered in parts."""
        ...


class OperationRunner(Protocol):
    """Prepares and executes operations; `prepared` is always what its own `prepare` returned."""

    @property
    def api_schema(self) -> GraphQLSchema:
        """The schema that clients see."""
        ...

    async def prepare(self, request: GraphQLRequest, context: RequestContext) -> RunnableOperation:
        """Return the operation of a request; raises `RequestError` if it is refused."""
        ...

    async def execute(self, prepared: Any, request: GraphQLRequest, context: RequestContext) -> Response:
        """Run a query or mutation."""
        ...

    def execute_in_parts(
        self, prepared: Any, request: GraphQLRequest, context: RequestContext, format_: IncrementalFormat
    ) -> AsyncIterator[Response]:
        """Run an operation with deferred fragments; yields one response per part."""
        ...

    def subscribe(
        self, prepared: Any, request: GraphQLRequest, context: RequestContext
    ) -> AsyncIterator[Response]:
        """Run a subscription; yields one response per event."""
        ...

    def operations_cached(self) -> tuple[int, int]:
        """How many operations are in the cache, and their estimated bytes."""
        ...

    async def warm(self, previous: Self) -> int:
        """Prepare what `previous` answered last; return how many operations are ready to run."""
        ...

    async def aclose(self) -> None:
        """Release what the engine holds. No request may still run."""
        ...
