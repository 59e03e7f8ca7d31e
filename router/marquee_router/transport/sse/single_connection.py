"""The single connection mode: a client reserves one event stream and runs all its operations on it.

Owns the reserved streams and the operations on each. Must never keep a stream whose client has left, nor more
streams than a bound.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Mapping
from contextlib import aclosing

import orjson
from starlette.types import Receive, Send

from marquee_router.config.model import Subscriptions
from marquee_router.errors import LimitExceeded, RequestError
from marquee_router.execution.incremental.formats import IncrementalFormat
from marquee_router.log_fields import log_fields
from marquee_router.planning.plan import OperationKind
from marquee_router.request import Response
from marquee_router.transport.broadcast import Event, Restarting
from marquee_router.transport.errors import Fault, MalformedRequest, StreamConflict, StreamUnknown
from marquee_router.transport.event_queue import EventQueue
from marquee_router.transport.generation import BoundOperation
from marquee_router.transport.response_stream import stream_events
from marquee_router.transport.service import GraphQLService

logger = logging.getLogger("marquee_router.http")

MAXIMUM_STREAMS = 10_000
MAXIMUM_OPERATIONS = 100
UNCLAIMED_SECONDS = 30.0


class StreamEvents:
    """Implements `Framing` for events that have been framed before."""

    content_type = "text/event-stream; charset=utf-8"

    def opening(self) -> bytes:
        """A comment: the client learns at once that the stream is open."""
        return b":\n\n"

    def event(self, body: bytes) -> bytes:
        """The event unchanged."""
        return body

    def heartbeat(self) -> bytes:
        """A comment."""
        return b":\n\n"

    def closing(self, error: RequestError | None) -> bytes:
        """Nothing: each operation has its own `complete` event."""
        return b""


class SingleConnections:
    """The reserved streams of this process."""

    def __init__(self, service: GraphQLService, settings: Subscriptions) -> None:
        self._service = service
        self._settings = settings
        self._streams: dict[str, _Stream] = {}
        service.broadcast.at_end(self._break_off)

    def reserve(self) -> str:
        """Reserve a stream and return its token. It is dropped if no client opens it within 30 seconds.

        Raises `LimitExceeded`, and `Restarting` if the process stops.
        """
        self._service.broadcast.check_open()
        if len(self._streams) >= MAXIMUM_STREAMS:
            raise LimitExceeded("Too many event streams are reserved", status=503)
        # The token alone gives access to the stream, so it must not be guessable.
        token = secrets.token_urlsafe(24)
        stream = _Stream(self._service, EventQueue(self._settings.queue_events, self._settings.slow_client))
        self._streams[token] = stream
        loop = asyncio.get_running_loop()
        stream.expiry = loop.call_later(UNCLAIMED_SECONDS, self._drop, token)
        return token

    def find(self, token: str) -> _Stream:
        """Return the reserved stream; raises `StreamUnknown`."""
        stream = self._streams.get(token)
        if stream is None:
            raise StreamUnknown("No event stream is reserved under this token")
        return stream

    async def open(self, token: str, receive: Receive, send: Send) -> None:
        """Write a stream until its client leaves; raises `StreamUnknown` or `StreamConflict`."""
        stream = self.find(token)
        if stream.opened:
            raise StreamConflict("The event stream is open already")
        stream.opened = True
        if stream.expiry is not None:
            stream.expiry.cancel()
        try:
            await stream_events(
                stream.queue,
                StreamEvents(),
                receive,
                send,
                heartbeat_seconds=self._settings.heartbeat_seconds,
            )
        finally:
            self._drop(token)

    def _break_off(self) -> None:
        for token in tuple(self._streams):
            self._drop(token)

    def _drop(self, token: str) -> None:
        stream = self._streams.pop(token, None)
        if stream is not None:
            stream.close()


class _Stream:
    """One reserved stream: its queue of framed events, and the operations on it."""

    __slots__ = ("_operations", "_service", "expiry", "opened", "queue")

    def __init__(self, service: GraphQLService, queue: EventQueue) -> None:
        self._service = service
        self.queue = queue
        self.opened = False
        self.expiry: asyncio.TimerHandle | None = None
        self._operations: dict[str, Callable[[], object]] = {}

    def start(self, operation_id: str, operation: BoundOperation) -> None:
        """Run an operation; its events go to the stream. Raises `StreamConflict` for an id in use."""
        if operation_id in self._operations:
            raise StreamConflict("An operation with this id is running")
        if len(self._operations) >= MAXIMUM_OPERATIONS:
            raise LimitExceeded("Too many operations run on this stream")
        listener = _OperationListener(self, operation_id)
        if operation.kind is OperationKind.SUBSCRIPTION:
            self._operations[operation_id] = self._service.listen(operation, listener)
        else:
            task = asyncio.create_task(self._run(operation, listener), name="operation on an event stream")
            self._operations[operation_id] = task.cancel

    def refuse(self, operation_id: str, error: RequestError) -> None:
        """Send that an operation is refused."""
        _OperationListener(self, operation_id).finish(error)

    def complete(self, operation_id: str) -> None:
        """Stop an operation, and send that it is complete."""
        stop = self._operations.pop(operation_id, None)
        if stop is not None:
            stop()
            self.push("complete", {"id": operation_id})

    def push(self, event: str, data: Mapping[str, object]) -> None:
        """Queue one small event."""
        self.push_framed(b"event: %b\ndata: %b\n\n" % (event.encode(), orjson.dumps(data)))

    def push_framed(self, framed: bytes) -> None:
        """Queue one framed event."""
        self.queue.deliver(Event(Response(framed)))

    def forget(self, operation_id: str) -> None:
        """Forget an operation that ended by itself."""
        self._operations.pop(operation_id, None)

    def close(self) -> None:
        """Stop every operation."""
        operations, self._operations = self._operations, {}
        for stop in operations.values():
            stop()
        self.queue.finish(None)

    async def _run(self, operation: BoundOperation, listener: _OperationListener) -> None:
        try:
            if operation.defers:
                format_ = IncrementalFormat(self._service.config.defer.stream_format)
                async with aclosing(self._service.run_in_parts(operation, format_)) as parts:
                    async for part in parts:
                        listener.deliver(Event(part))
            else:
                listener.deliver(Event(await self._service.run(operation)))
        except RequestError as error:
            listener.finish(error)
        except Exception:  # the edge of an operation: its fault is logged, and masked for the client
            logger.exception("an operation on an event stream failed", extra=log_fields(operation.context))
            listener.finish(Fault())
        else:
            listener.finish(None)


class _OperationListener:
    """Implements `Listener`: puts the events of one operation on its stream."""

    __slots__ = ("_id", "_prefix", "_stream")

    def __init__(self, stream: _Stream, operation_id: str) -> None:
        self._stream = stream
        self._id = operation_id
        self._prefix = b'event: next\ndata: {"id":' + orjson.dumps(operation_id) + b',"payload":'

    def deliver(self, event: Event) -> None:
        """Queue a `next` event."""
        self._stream.push_framed(self._prefix + event.body + b"}\n\n")

    def finish(self, error: RequestError | None) -> None:
        """Queue the errors, if there are any, and `complete`. A restart ends the whole stream."""
        if isinstance(error, Restarting):
            self._stream.queue.finish(error)
            return
        if error is not None:
            self.deliver(Event(Response(orjson.dumps({"errors": error.errors}))))
        self._stream.push("complete", {"id": self._id})
        self._stream.forget(self._id)


def operation_id_of(extensions: Mapping[str, object]) -> str:
    """Return the id that a client gave its operation; raises `MalformedRequest`."""
    value = extensions.get("operationId")
    if not isinstance(value, str) or not value:
        raise MalformedRequest("`extensions.operationId` must be a string")
    return value
