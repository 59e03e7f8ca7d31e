"""`StreamResponses`: requests that are answered by a stream: SSE in both modes, and multipart.

Owns which requests these are. `single_response` answers all others.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import aclosing

from starlette.types import Send

from marquee_router.errors import RateLimited, RequestError
from marquee_router.execution.incremental.formats import IncrementalFormat, incremental_format
from marquee_router.planning.plan import OperationKind
from marquee_router.request import GraphQLRequest, RequestContext
from marquee_router.transport.broadcast import Event
from marquee_router.transport.errors import HttpFault, MethodNotAllowed, NotAcceptable
from marquee_router.transport.event_queue import EventQueue
from marquee_router.transport.generation import BoundOperation
from marquee_router.transport.http.http_request import HttpRequest
from marquee_router.transport.http.negotiation import Media
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
        self, http: HttpRequest, request: GraphQLRequest, context: RequestContext
    ) -> BoundOperation | None:
        """Answer by a stream, or return the prepared operation of a request that wants a single response."""
        token = http.headers.get(TOKEN_HEADER)
        if token is not None:
            await self._start_on_stream(http, token, request, context)
            return None
        if http.accepted.answer is None:
            await self._answer_by_stream_only(http, request, context)
            return None
        operation = await self._service.begin(request, context)
        if operation.kind is OperationKind.SUBSCRIPTION:
            await self._subscribe(http, operation)
            return None
        accepted = http.accepted
        if not operation.defers or accepted.stream is not Media.MULTIPART or accepted.incremental is None:
            return operation
        refuse_mutation(operation.kind, only_reads=http.only_reads)
        await self._answer_in_parts(http, operation)
        return None

    async def _answer_by_stream_only(
        self, http: HttpRequest, request: GraphQLRequest, context: RequestContext
    ) -> None:
        """Answer a client that accepts only streams: errors and single responses are written into one."""
        accepted = http.accepted
        queue = EventQueue(2, "drop-oldest")
        framing: Framing = SinglePart() if accepted.stream is Media.MULTIPART else OperationEvents()
        try:
            operation = await self._service.begin(request, context)
            refuse_mutation(operation.kind, only_reads=http.only_reads)
            if operation.kind is OperationKind.SUBSCRIPTION:
                await self._subscribe(http, operation)
                return
            if operation.defers and (
                accepted.stream is not Media.MULTIPART or accepted.incremental is not None
            ):
                await self._answer_in_parts(http, operation)
                return
            queue.deliver(Event(await self._service.run(operation)))
            queue.finish(None)
        except (HttpFault, RateLimited):
            raise  # these have a status of their own, which a stream could not send
        except RequestError as error:
            queue.finish(error)
        await self._stream(http, queue, framing)

    async def _answer_in_parts(self, http: HttpRequest, operation: BoundOperation) -> None:
        format_ = incremental_format(http.accepted.incremental, self._part_format)
        is_multipart = http.accepted.stream is Media.MULTIPART
        framing: Framing = AnswerParts(format_) if is_multipart else OperationEvents()
        parts = self._service.run_in_parts(operation, format_)
        async with aclosing(parts):
            # The first part is awaited before anything is sent: a refusal still has a status.
            await stream_parts(
                await anext(parts),
                parts,
                framing,
                http.receive,
                http.send,
                heartbeat_seconds=self._settings.heartbeat_seconds,
            )

    async def _subscribe(self, http: HttpRequest, operation: BoundOperation) -> None:
        is_multipart = http.accepted.stream is Media.MULTIPART
        framing: Framing = SubscriptionParts() if is_multipart else OperationEvents()
        queue = EventQueue(self._settings.queue_events, self._settings.slow_client)
        leave = self._service.listen(operation, queue)
        try:
            await self._stream(http, queue, framing)
        finally:
            leave()

    async def _stream(self, http: HttpRequest, queue: EventQueue, framing: Framing) -> None:
        await stream_events(
            queue, framing, http.receive, http.send, heartbeat_seconds=self._settings.heartbeat_seconds
        )

    async def open_reserved(self, http: HttpRequest, parameters: Mapping[str, str]) -> bool:
        """Open the event stream that a PUT has reserved; False if the request does not name one."""
        token = http.headers.get(TOKEN_HEADER) or parameters.get(TOKEN_PARAMETER)
        if not token or "query" in parameters:
            return False
        if http.accepted.stream is not Media.EVENT_STREAM:
            raise NotAcceptable("A reserved stream is opened as text/event-stream")
        await self._single.open(token, http.receive, http.send)
        return True

    async def manage(self, http: HttpRequest) -> None:
        """Answer PUT, which reserves an event stream, and DELETE, which stops one operation on it."""
        if http.method == "PUT":
            await self._service.identify(http.headers.get("authorization"))
            token = self._single.reserve()
            await _send_plain(http.send, 201, token.encode())
            return
        parameters = query_parameters(http.query_string)
        stream = self._single.find(http.headers.get(TOKEN_HEADER) or parameters.get(TOKEN_PARAMETER, ""))
        stream.complete(operation_id_of(parameters))
        await _send_plain(http.send, 200, b"")

    async def _start_on_stream(
        self, http: HttpRequest, token: str, request: GraphQLRequest, context: RequestContext
    ) -> None:
        stream = self._single.find(token)
        operation_id = operation_id_of(request.extensions)
        try:
            operation = await self._service.begin(request, context)
        except RequestError as error:
            stream.refuse(operation_id, error)
        else:
            stream.start(operation_id, operation)
        await _send_plain(http.send, 202, b"")


def refuse_mutation(kind: OperationKind, *, only_reads: bool) -> None:
    """Refuse a mutation by GET."""
    if only_reads and kind is OperationKind.MUTATION:
        raise MethodNotAllowed("Mutations are sent by POST", headers={"allow": "POST"})


async def _send_plain(send: Send, status: int, body: bytes) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
