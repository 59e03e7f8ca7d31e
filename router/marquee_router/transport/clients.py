"""`Clients`: identifies clients, and makes the contexts in which their requests run.

Owns the headers that every subgraph request carries: propagated ones, the trace, the signed identity.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace

from marquee_foundation.trace_context import unsampled
from marquee_router.extensions import Extensions
from marquee_router.instrumentation import Tracer
from marquee_router.planning.plan import OperationKind
from marquee_router.request import Identity, OperationSpan, RequestContext
from marquee_router.security.headers import ClientDescription, HeaderPropagation
from marquee_router.security.identity import IdentitySigner
from marquee_router.security.tokens import TokenVerifier
from marquee_router.server_interface import ClientAddress
from marquee_router.transport.operation_runner import RunnableOperation


@dataclass(frozen=True, slots=True)
class Clients:
    """Identifies clients and makes the contexts of their requests."""

    verifier: TokenVerifier | None
    """None: every client is a guest."""
    signer: IdentitySigner | None
    """None: subgraphs receive no identity."""
    propagation: HeaderPropagation
    description: ClientDescription
    tracer: Tracer
    extensions: Extensions | None
    timeout_seconds: float
    """For one operation."""

    async def identify(self, authorization: str | None) -> Identity | None:
        """The client behind an `Authorization` value, None for a guest; raises `Unauthenticated`."""
        identity = None
        if authorization is not None and self.verifier is not None:
            identity = await self.verifier.authenticate(authorization)
        return identity if self.extensions is None else await self.extensions.identified(identity)

    def context(
        self, headers: Mapping[str, str], identity: Identity | None, address: ClientAddress
    ) -> RequestContext:
        """A context for one request of this client, which connected from `address`."""
        subgraph_headers = self.propagation.of(headers)
        subgraph_headers["traceparent"] = self.tracer.outgoing(headers.get("traceparent"))
        if self.signer is not None:
            subgraph_headers[self.signer.header] = self.signer.describe(identity)
        return RequestContext(
            headers,
            identity,
            subgraph_headers,
            asyncio.get_running_loop().time() + self.timeout_seconds,
            address=address.host,
            is_behind_unknown_proxy=address.is_unknown_proxy,
        )

    def recorded(self, context: RequestContext) -> RequestContext:
        """The context with a span, if this operation is recorded.

        It is a copy: the operations of a batch or a socket share one context, and each has its own span.
        """
        span = self.tracer.operation(context.headers)
        if span is None:
            return context
        headers = {**context.subgraph_headers, "traceparent": span.traceparent}
        context.span = span  # log lines about a failed request find their trace by it
        return replace(context, subgraph_headers=headers, span=span)

    def described(self, context: RequestContext) -> RequestContext:
        """The context with headers that describe the client. Only for mutations.

        It is a copy: the subgraph requests of queries must stay equal for all clients, so that equal ones are
        sent once.
        """
        described = self.description.of(context.address, context.headers)
        if not described:
            return context
        return replace(context, subgraph_headers={**context.subgraph_headers, **described})

    def guest_headers(self, subgraph_headers: Mapping[str, str]) -> dict[str, str]:
        """These subgraph headers as a guest's request has them."""
        headers = {name: value for name, value in subgraph_headers.items() if name != "authorization"}
        if self.signer is not None:
            headers[self.signer.header] = self.signer.describe(None)
        return headers


def own_context(context: RequestContext) -> RequestContext:
    """A copy for one operation whose headers and state may be changed."""
    return replace(context, subgraph_headers=dict(context.subgraph_headers), state=dict(context.state))


def record_execution(span: OperationSpan, context: RequestContext, prepared: RunnableOperation) -> None:
    """Begin the execution phase of a recorded operation: its subgraph calls belong to it.

    A subscription may run for days, so its span ends here and its calls are not recorded.
    """
    span.executing(prepared.kind.value, prepared.name)
    traceparent = span.traceparent
    if prepared.kind is OperationKind.SUBSCRIPTION:
        span.end("ok")
        traceparent = unsampled(traceparent)
    context.subgraph_headers["traceparent"] = traceparent
