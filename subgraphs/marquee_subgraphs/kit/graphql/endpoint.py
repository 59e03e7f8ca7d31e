"""The ASGI application of a subgraph: `/graphql` over HTTP and `graphql-transport-ws`, each request with its
verified viewer.
"""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, Generic, TypeAlias, TypeVar

import orjson
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry import UNSET
from strawberry.asgi import GraphQL
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL

from marquee_subgraphs.kit.clock import Clock
from marquee_subgraphs.kit.graphql.context import Context
from marquee_subgraphs.kit.graphql.documents import UNAUTHENTICATED_ROUTER
from marquee_subgraphs.kit.graphql.masking import INTERNAL
from marquee_subgraphs.kit.graphql.schema import SubgraphSchema
from marquee_subgraphs.kit.health import HealthProbe
from marquee_subgraphs.kit.identity import IDENTITY_HEADER, InvalidIdentity, Viewer
from marquee_subgraphs.kit.ids import new_ulid
from marquee_subgraphs.kit.telemetry import SubgraphTelemetry
from marquee_subgraphs.kit.trace import Work, current_trace, current_work

ServiceT = TypeVar("ServiceT")
VerifyIdentity: TypeAlias = Callable[[str | None], Awaitable[Viewer]]
"""From the identity header's value; raises `InvalidIdentity`."""

MAX_BODY_BYTES: Final = 4 * 1024 * 1024
"""Larger than what the router sends (thousands of representations), smaller than what exhausts memory."""
_CORRELATION_ID = re.compile(r"[\w.:-]{1,100}")


class _BodyTooLarge(Exception):
    pass


class SubgraphEndpoint(GraphQL[Context[ServiceT], None], Generic[ServiceT]):
    """Strawberry's ASGI application with the kit's context, orjson, and a limit on the size of bodies."""

    def __init__(
        self,
        schema: SubgraphSchema,
        service: ServiceT,
        verify_identity: VerifyIdentity,
        clock: Clock,
        telemetry: SubgraphTelemetry,
        health: HealthProbe | None = None,
    ) -> None:
        super().__init__(
            schema,
            graphql_ide=None,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL, "graphql-sse"),
            max_subscriptions_per_connection=10_000,
        )
        self._schema = schema
        self._service = service
        self._verify_identity = verify_identity
        self._clock = clock
        self._telemetry = telemetry
        self._health = health

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, _bounded(receive) if scope["type"] == "http" else receive, send)
        except _BodyTooLarge:
            await PlainTextResponse("The request is too large.", status_code=413)(scope, receive, send)

    async def get_context(
        self, request: Request | WebSocket, response: Response | WebSocket
    ) -> Context[ServiceT]:
        return await self._context(request)

    async def _context(self, request: Request | WebSocket) -> Context[ServiceT]:
        headers = request.headers
        correlation_id = headers.get("x-correlation-id") or headers.get("x-request-id") or ""
        if not _CORRELATION_ID.fullmatch(correlation_id):
            correlation_id = new_ulid(self._clock.now())
        context = Context(
            service=self._service,
            clock=self._clock,
            correlation_id=correlation_id,
            traceparent=headers.get("traceparent"),
            client_address=headers.get("x-marquee-client-address"),
            device=_printable(headers.get("x-marquee-client-device")),
            health=self._health,
        )
        await self._identify(context, headers.get(IDENTITY_HEADER))
        return context

    async def on_ws_connect(self, context: Context[ServiceT]) -> Any:
        # A WebSocket client that cannot set handshake headers sends its identity in `connection_init`.
        params = context.connection_params or {}
        header = params.get(IDENTITY_HEADER)
        # An identity from the handshake wins over the one in `connection_init`.
        if not context.trusted and isinstance(header, str):
            await self._identify(context, header)
        return await super().on_ws_connect(context)

    async def _identify(self, context: Context[ServiceT], header: str | None) -> None:
        try:
            context.viewer = await self._verify_identity(header)
            context.trusted = True
        except InvalidIdentity:
            context.trusted = False  # the pipeline refuses everything except `_service { sdl }`

    async def run(self, request: Request | WebSocket, context: Any = UNSET, root_value: Any = UNSET) -> Any:
        """Answer plain POSTs here; leave streams, WebSockets and GET to Strawberry."""
        if isinstance(request, Request) and request.method == "POST":
            accept = request.headers.get("accept", "")
            if "text/event-stream" not in accept and "multipart/" not in accept:
                return await self._answer(request)
        return await super().run(request, context, root_value)

    async def _answer(self, request: Request) -> Response:
        if not request.headers.get("content-type", "").startswith("application/json"):
            return PlainTextResponse("The content type must be application/json.", status_code=415)
        try:
            body = orjson.loads(await request.body())
        except orjson.JSONDecodeError:
            return PlainTextResponse("The body is not JSON.", status_code=400)
        if not isinstance(body, dict):
            return PlainTextResponse("The body is not one GraphQL request.", status_code=400)
        query, variables, name = body.get("query"), body.get("variables"), body.get("operationName")
        if (
            not isinstance(query, str)
            or not isinstance(variables, dict | None)
            or not isinstance(name, str | None)
        ):
            return PlainTextResponse("The GraphQL request is malformed.", status_code=400)
        context = await self._context(request)
        answer = await self._recorded(query, variables, name, context)
        errors = answer.get("errors", ())
        refused = any(error["extensions"]["code"] == UNAUTHENTICATED_ROUTER for error in errors)
        return Response(orjson.dumps(answer), 401 if refused else 200, media_type="application/json")

    async def _recorded(
        self, query: str, variables: dict[str, Any] | None, name: str | None, context: Context[ServiceT]
    ) -> dict[str, Any]:
        """Return the answer and measure it; log lines and spans meanwhile belong to this request."""
        kind = "mutation" if query.startswith("mutation") else "query"
        started = time.perf_counter()
        outcome = "fault"
        # Reset afterwards: in process, this runs in the context of the router's own request.
        trace = current_trace.set(context.traceparent)
        work = current_work.set(Work(context.correlation_id, name, context.viewer.user_id))
        try:
            with self._telemetry.span(
                f"{kind} {name}" if name else kind, "server", graphql__operation__type=kind
            ) as span:
                answer = await self._schema.answer(query, variables, name, context)
                outcome = _outcome(answer)
                if outcome != "ok":
                    span.fail(outcome)
            return answer
        finally:
            current_work.reset(work)
            current_trace.reset(trace)
            self._telemetry.answered(kind, outcome, time.perf_counter() - started)

    def decode_json(self, data: str | bytes) -> object:
        return orjson.loads(data)

    def encode_json(self, data: object) -> str:
        return orjson.dumps(data).decode()


def _outcome(answer: dict[str, Any]) -> str:
    errors = answer.get("errors")
    if not errors:
        return "ok"
    codes = {error["extensions"]["code"] for error in errors}
    if INTERNAL in codes:
        return "fault"
    return "refused" if UNAUTHENTICATED_ROUTER in codes else "errors"


def _printable(text: str | None) -> str | None:
    return "".join([character for character in (text or "")[:200] if character.isprintable()]) or None


def _bounded(receive: Receive) -> Receive:
    received = 0

    async def receive_within_bound() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > MAX_BODY_BYTES:
            raise _BodyTooLarge
        return message

    return receive_within_bound
