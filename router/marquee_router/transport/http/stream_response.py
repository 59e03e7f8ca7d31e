"""`StreamResponses`: requests that are answered by a stream: SSE in both modes, and multipart.

Owns which requests these are. `single_response` answers all others.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import aclosing

from starlette.types import Receive, Scope, Send

from marquee_router.errors import RateLimited, RequestError
from marquee_router.execution.incremental.formats import IncrementalFormat, incremental_format
from marquee_router.planning.plan import OperationKind
from marquee_router.request import GraphQLRequest, RequestContext
from marquee_router.transport.broadcast import Event
from marquee_router.transport.errors import HttpFault, MethodNotAllowed, NotAcceptable
from marquee_router.transport.event_queue import EventQueue
from marquee_router.transport.generation import BoundOperation
from marquee_router.transport.http.negotiation import Accepted, Media
from marquee_router.transport.http.request_parameters import query_parameters
from marquee_router.transport.multipart.framing import AnswerParts, SinglePart, SubscriptionParts
from marquee_router.transport.response_stream import Framing, stream_events, stream_parts
from marquee_router.transport.service import GraphQLService
from marquee_router.transport.sse import OperationEvents, SingleConnections
from marquee_router.transport.sse.single_connection import operation_id_of

TOKEN_HEADER = "x-graphql-event-stream-token"  # noqa: S105 - a header's name
TOKEN_PARAMETER = "token"  # noqa: S105 - a parameter's name


class StreamResponses:
    """Answers by a stream."""

    def __init__(self, service: GraphQLService) -> None:
        self._service = service
        self._settings = service.config.subscriptions
        self._single = SingleConnections(service, self._settings)
        self._part_format = IncrementalFormat(service.config.defer.stream_format)

    async def answer(
        self,
        request: GraphQLRequest,
        receive: Receive,
        send: Send,
        headers: Mapping[str, str],
        accepted: Accepted,
        context: RequestContext,
        *,
        only_reads: bool,
    ) -> BoundOperation | None:
        """Answer by a stream, or return the prepared operation of a request that wants a single response."""
        token = headers.get(TOKEN_HEADER)
        if token is not None:
            await self._start_on_stream(token, request, send, context)
            return None
        if accepted.answer is not None:
            return await self._answer_unless_whole(
                request, receive, send, accepted, context, only_reads=only_reads
            )
        await self._answer_always(request, receive, send, accepted, context, only_reads=only_reads)
        return None

    async def _answer_unless_whole(
        self,
        request: GraphQLRequest,
        receive: Receive,
        send: Send,
        accepted: Accepted,
        context: RequestContext,
        *,
        only_reads: bool,
    ) -> BoundOperation | None:
        operation = await self._service.begin(request, context)
        if operation.kind is OperationKind.SUBSCRIPTION:
            await self._subscribe(operation, accepted, receive, send)
            return None
        if not operation.defers or accepted.stream is not Media.MULTIPART or accepted.incremental is None:
            return operation
        refuse_mutation(operation.kind, only_reads=only_reads)
        await self._answer_in_parts(operation, accepted, receive, send)
        return None

    async def _answer_in_parts(
        self, operation: BoundOperation, accepted: Accepted, receive: Receive, send: Send
    ) -> None:
        format_ = incremental_format(accepted.incremental, self._part_format)
        framing: Framing = AnswerParts(format_) if accepted.stream is Media.MULTIPART else OperationEvents()
        parts = self._service.run_in_parts(operation, format_)
        async with aclosing(parts):
            await stream_parts(
                await anext(parts),
                parts,
                framing,
                receive,
                send,
                heartbeat_seconds=self._settings.heartbeat_seconds,
            )

    async def _answer_always(
        self,
        request: GraphQLRequest,
        receive: Receive,
        send: Send,
        accepted: Accepted,
        context: RequestContext,
        *,
        only_reads: bool,
    ) -> None:
        """Answer a client that accepts only streams: errors and single responses are written into one."""
        queue = EventQueue(2, "drop-oldest")
        framing: Framing = SinglePart() if accepted.stream is Media.MULTIPART else OperationEvents()
        try:
            operation = await self._service.begin(request, context)
            refuse_mutation(operation.kind, only_reads=only_reads)
            if operation.kind is OperationKind.SUBSCRIPTION:
                await self._subscribe(operation, accepted, receive, send)
                return
            if operation.defers and (
                accepted.stream is not Media.MULTIPART or accepted.incremental is not None
            ):
                await self._answer_in_parts(operation, accepted, receive, send)
                return
            queue.deliver(Event(await self._service.run(operation)))
            queue.finish(None)
        except (HttpFault, RateLimited):
            raise
        except RequestError as error:
            queue.finish(error)
        await stream_events(
            queue,
            framing,
            receive,
            send,
            heartbeat_seconds=self._settings.heartbeat_seconds,
            headers={},
        )

    async def _subscribe(
        self, operation: BoundOperation, accepted: Accepted, receive: Receive, send: Send
    ) -> None:
        framing: Framing = SubscriptionParts() if accepted.stream is Media.MULTIPART else OperationEvents()
        queue = EventQueue(self._settings.queue_events, self._settings.slow_client)
        leave = self._service.listen(operation, queue)
        try:
            await stream_events(
                queue,
                framing,
                receive,
                send,
                heartbeat_seconds=self._settings.heartbeat_seconds,
                headers={},
            )
        finally:
            leave()

    async def open_reserved(
        self,
        parameters: Mapping[str, str],
        receive: Receive,
        send: Send,
        headers: Mapping[str, str],
        accepted: Accepted,
    ) -> bool:
        """Open the event stream that a PUT has reserved; False if the request does not name one."""
        token = headers.get(TOKEN_HEADER) or parameters.get(TOKEN_PARAMETER)
        if not token or "query" in parameters:
            return False
        if accepted.stream is not Media.EVENT_STREAM:
            raise NotAcceptable("A reserved stream is opened as text/event-stream")
        await self._single.open(token, receive, send)
        return True

    async def manage(self, method: str, scope: Scope, send: Send, headers: Mapping[str, str]) -> None:
        """PUT reserves an event stream, DELETE stops one operation on it."""
        if method == "PUT":
            await self._service.identify(headers.get("authorization"))
            token = self._single.reserve()
            await _send_plain(send, 201, token.encode())
            return
        parameters = query_parameters(scope["query_string"])
        stream = self._single.find(headers.get(TOKEN_HEADER) or parameters.get(TOKEN_PARAMETER, ""))
        stream.complete(operation_id_of(parameters))
        await _send_plain(send, 200, b"")

    async def _start_on_stream(
        self, token: str, request: GraphQLRequest, send: Send, context: RequestContext
    ) -> None:
        stream = self._single.find(token)
        operation_id = operation_id_of(request.extensions)
        try:
            operation = await self._service.begin(request, context)
        except RequestError as error:
            stream.refuse(operation_id, error)
        else:
            stream.start(operation_id, operation)
        await _send_plain(send, 202, b"")


def refuse_mutation(kind: OperationKind, *, only_reads: bool) -> None:
    """Refuse a mutation by GET."""
    if only_reads and kind is OperationKind.MUTATION:
        raise MethodNotAllowed("Mutations are sent by POST", headers={"allow": "POST"})


async def _send_plain(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
