"""`Extensions`: a user's own objects, called at the stages for which they have methods.

Owns the order of calls. Without extensions nothing is called. `stages` describes each method.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from importlib import import_module
from typing import Any, Final

from marquee_router.errors import RouterMisconfigured
from marquee_router.execution.subgraph import SubgraphReply, SubgraphTransport
from marquee_router.request import GraphQLRequest, Identity, RequestContext, Response
from marquee_router.stages import (
    OnEvent,
    OnIdentity,
    OnPlanned,
    OnRequest,
    OnResponse,
    OnSubgraphReply,
    OnSubgraphRequest,
    PlannedOperation,
    SubgraphCall,
)

_STAGES: Final = (
    OnRequest,
    OnIdentity,
    OnPlanned,
    OnSubgraphRequest,
    OnSubgraphReply,
    OnResponse,
    OnEvent,
)


class Extensions:
    """The extensions of one app."""

    def __init__(self, installed: Sequence[object]) -> None:
        """Raises `RouterMisconfigured` for an object without any of the methods."""
        for extension in installed:
            if not isinstance(extension, _STAGES):
                raise RouterMisconfigured(
                    f"{extension!r} extends nothing: it has no method of marquee_router.stages"
                )
        self._on_request = [e for e in installed if isinstance(e, OnRequest)]
        self._on_identity = [e for e in installed if isinstance(e, OnIdentity)]
        self._on_planned = [e for e in installed if isinstance(e, OnPlanned)]
        self._on_subgraph_request = [e for e in installed if isinstance(e, OnSubgraphRequest)]
        self._on_subgraph_reply = [e for e in installed if isinstance(e, OnSubgraphReply)]
        self._on_response = [e for e in installed if isinstance(e, OnResponse)]
        self._on_event = [e for e in installed if isinstance(e, OnEvent)]

    @classmethod
    def of(cls, installed: Sequence[object], names: Iterable[str]) -> Extensions | None:
        """The installed ones, then those named as `module:attribute`; None if there are none.

        Raises `RouterMisconfigured`.
        """
        every = [*installed, *map(_load, names)]
        return cls(every) if every else None

    async def requested(self, request: GraphQLRequest, context: RequestContext) -> None:
        """A request was received."""
        for extension in self._on_request:
            await extension.on_request(request, context)

    async def identified(self, identity: Identity | None) -> Identity | None:
        """A client was identified."""
        for extension in self._on_identity:
            identity = await extension.on_identity(identity)
        return identity

    async def planned(
        self, operation: PlannedOperation, request: GraphQLRequest, context: RequestContext
    ) -> None:
        """An operation is about to run."""
        for extension in self._on_planned:
            await extension.on_planned(operation, request, context)

    async def responded(
        self,
        operation: PlannedOperation,
        request: GraphQLRequest,
        context: RequestContext,
        response: Response,
    ) -> Response:
        """An operation was executed."""
        for extension in self._on_response:
            response = await extension.on_response(operation, request, context, response)
        return response

    async def happened(
        self, operation: PlannedOperation, context: RequestContext, response: Response
    ) -> Response | None:
        """An event was resolved."""
        found: Response | None = response
        for extension in self._on_event:
            if found is not None:
                found = await extension.on_event(operation, context, found)
        return found

    def around(self, name: str, transport: SubgraphTransport) -> SubgraphTransport:
        """The transport of a subgraph, with the extensions around its calls."""
        if not self._on_subgraph_request and not self._on_subgraph_reply:
            return transport
        return _ExtendedTransport(name, transport, self._on_subgraph_request, self._on_subgraph_reply)


class _ExtendedTransport:
    """Implements `SubgraphTransport`."""

    def __init__(
        self,
        name: str,
        inner: SubgraphTransport,
        before: Sequence[OnSubgraphRequest],
        after: Sequence[OnSubgraphReply],
    ) -> None:
        self._name = name
        self._inner = inner
        self._before = before
        self._after = after
        self.aclose = inner.aclose

    async def fetch(
        self, body: bytes, headers: Mapping[str, str], timeout_seconds: float, *, idempotent: bool = False
    ) -> SubgraphReply:
        """Send one request as the extensions change it; they may also change the reply."""
        call = await self._call(body, headers, idempotent=idempotent)
        reply = await self._inner.fetch(body, call.headers, timeout_seconds, idempotent=idempotent)
        for extension in self._after:
            reply = await extension.on_subgraph_reply(call, reply)
        return reply

    async def subscribe(self, body: bytes, headers: Mapping[str, str]) -> AsyncIterator[bytes]:
        """Open a subscription as the extensions change it."""
        call = await self._call(body, headers, idempotent=False)
        events = self._inner.subscribe(body, call.headers)
        try:
            async for event in events:
                yield event
        finally:
            close = getattr(events, "aclose", None)
            if close is not None:
                await close()

    async def _call(self, body: bytes, headers: Mapping[str, str], *, idempotent: bool) -> SubgraphCall:
        call = SubgraphCall(self._name, body, dict(headers), idempotent)
        for extension in self._before:
            await extension.on_subgraph_request(call)
        return call


def _load(name: str) -> object:
    """The object at `module:attribute`; a class or a function is called for it, without arguments."""
    module, _, attribute = name.partition(":")
    try:
        found: Any = getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise RouterMisconfigured(f"extensions: {name}: {error}") from None
    return found() if callable(found) else found
