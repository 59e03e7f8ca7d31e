"""One socket: its handshake, its identity, its operations.

Owns the protocol's state. Must never close the socket for a fault of one operation, nor outlive the
client's token.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from contextlib import aclosing
from typing import Any

import orjson
from starlette.types import Receive, Send

from marquee_router.config.model import RouterConfig
from marquee_router.errors import LimitExceeded, RequestError
from marquee_router.execution.incremental.formats import IncrementalFormat
from marquee_router.log_fields import log_fields
from marquee_router.planning.plan import OperationKind
from marquee_router.request import GraphQLRequest, Identity, RequestContext
from marquee_router.transport.broadcast import Event
from marquee_router.transport.http.request_parameters import request_of
from marquee_router.transport.service import GraphQLService
from marquee_router.transport.websocket.send_queue import DirectSocket, Outbox
from marquee_router.transport.websocket.subprotocol import CloseCode, Subprotocol

logger = logging.getLogger("marquee_router.websocket")

LONGEST_TIMER_SECONDS = 7 * 24 * 3600.0
CLOSE_SECONDS = 10.0
"""A client that does not even take the message that closes its socket is cut off."""


class ProtocolViolation(Exception):
    """The client broke the protocol: the socket is closed with this code."""

    def __init__(self, code: CloseCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Session:
    """Speaks one dialect with one client."""

    __slots__ = (
        "_acknowledged",
        "_address",
        "_closing",
        "_config",
        "_dialect",
        "_direct",
        "_headers",
        "_initialised",
        "_keep_alive",
        "_operations",
        "_outbox",
        "_part_format",
        "_send",
        "_service",
        "_timer",
        "_unanswered",
        "identity",
    )

    def __init__(
        self,
        service: GraphQLService,
        dialect: Subprotocol,
        send: Send,
        headers: Mapping[str, str],
        address: str | None = None,
        direct: DirectSocket | None = None,
    ) -> None:
        self._service = service
        self._config: RouterConfig = service.config
        self._part_format = IncrementalFormat(service.config.defer.stream_format)
        self._dialect = dialect
        self._send = send
        self._direct = direct
        self._headers = headers
        self._address = address
        self.identity: Identity | None = None
        self._initialised = False
        self._acknowledged = False
        self._closing: asyncio.Task[None] | None = None
        self._unanswered = False
        self._operations: dict[str, Callable[[], object]] = {}
        self._outbox = Outbox(
            send,
            limit=self._config.subscriptions.queue_events,
            on_overflow=self._on_slow_client,
            direct=direct,
        )
        self._timer: asyncio.TimerHandle | None = None
        self._keep_alive: asyncio.TimerHandle | None = None

    async def run(self, receive: Receive) -> None:
        """Serve the socket until it is closed by either side."""
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(
            self._config.websocket.init_timeout_seconds,
            self.close,
            CloseCode.CONNECTION_INITIALISATION_TIMEOUT,
            "Connection initialisation timeout",
        )
        try:
            while True:
                message = await receive()
                if message["type"] != "websocket.receive":
                    return
                self._unanswered = False
                if self._closing is None:
                    await self._take(message)
        finally:
            self._end()

    def close(self, code: CloseCode, reason: str) -> None:
        """Close the socket; the first reason counts."""
        if self._closing is None:
            self._outbox.close()
            self._stop_operations()
            self._closing = asyncio.create_task(self._send_close(code, reason), name="socket close")

    async def _send_close(self, code: CloseCode, reason: str) -> None:
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._send({"type": "websocket.close", "code": int(code), "reason": reason})
        except TimeoutError:
            if self._direct is not None:
                self._direct.abort()
        except (OSError, RuntimeError):
            return  # the client was faster

    def _end(self) -> None:
        for timer in (self._timer, self._keep_alive):
            if timer is not None:
                timer.cancel()
        self._outbox.close()
        self._stop_operations()

    def _stop_operations(self) -> None:
        operations, self._operations = self._operations, {}
        for stop in operations.values():
            stop()

    def _on_slow_client(self, outbox: Outbox) -> None:
        if self._config.subscriptions.slow_client == "drop-oldest":
            outbox.drop_oldest()
        else:
            self.close(CloseCode.TRY_AGAIN_LATER, "The client reads too slowly")

    async def _take(self, message: Mapping[str, Any]) -> None:
        try:
            await self._obey(self._decode(message))
        except ProtocolViolation as violation:
            self.close(violation.code, violation.reason)

    def _decode(self, message: Mapping[str, Any]) -> dict[str, Any]:
        data = message.get("text")
        if data is None:
            data = message.get("bytes") or b""
        try:
            value = orjson.loads(data)
        except orjson.JSONDecodeError:
            value = None
        if type(value) is not dict or type(value.get("type")) is not str:
            raise ProtocolViolation(CloseCode.BAD_REQUEST, "Invalid message received")
        return value

    async def _obey(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind == self._dialect.start:
            self._start(message)
        elif kind == self._dialect.stop:
            stop = self._operations.pop(self._id(message), None)
            if stop is not None:
                stop()
                if self._dialect.errors_as_data:
                    self._complete(message["id"])
        elif kind == "ping" and not self._dialect.errors_as_data:
            payload = message.get("payload")
            pong = {"type": "pong"} if payload is None else {"type": "pong", "payload": payload}
            self._outbox.push(orjson.dumps(pong))
        elif kind == "pong" and not self._dialect.errors_as_data:
            return
        elif kind == "connection_init":
            await self._initialise(message)
        elif kind == "connection_terminate" and self._dialect.errors_as_data:
            self.close(CloseCode.GOING_AWAY, "Terminated by the client")
        else:
            raise ProtocolViolation(CloseCode.BAD_REQUEST, "Invalid message received")

    async def _initialise(self, message: Mapping[str, Any]) -> None:
        if self._initialised:
            raise ProtocolViolation(
                CloseCode.TOO_MANY_INITIALISATION_REQUESTS, "Too many initialisation requests"
            )
        self._initialised = True
        payload = message.get("payload")
        if payload is not None and type(payload) is not dict:
            raise ProtocolViolation(CloseCode.BAD_REQUEST, "Invalid message received")
        try:
            identity = await self._service.identify(authorization_of(payload or {}, self._headers))
        except RequestError as refusal:
            if self._dialect.errors_as_data:
                self._outbox.push(orjson.dumps({"type": "connection_error", "payload": refusal.errors[0]}))
            raise ProtocolViolation(CloseCode.FORBIDDEN, refusal.message) from None
        if self._closing is not None:
            return
        self.identity = identity
        self._acknowledged = True
        self._headers = {**self._headers, **propagated(payload or {})}
        self._schedule_expiry()
        self._outbox.push(b'{"type":"connection_ack"}')
        if self._dialect.after_acknowledgement is not None:
            self._outbox.push(self._dialect.after_acknowledgement)
        self._schedule_keep_alive()

    def _schedule_expiry(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.identity is not None:
            remaining = self.identity.expires_at - time.time()
            if remaining < LONGEST_TIMER_SECONDS:
                self._timer = asyncio.get_running_loop().call_later(
                    max(remaining, 0.0), self.close, CloseCode.FORBIDDEN, "The token has expired"
                )

    def _schedule_keep_alive(self) -> None:
        self._keep_alive = asyncio.get_running_loop().call_later(
            self._config.websocket.ping_interval_seconds, self._send_keep_alive
        )

    def _send_keep_alive(self) -> None:
        if self._unanswered and not self._dialect.errors_as_data:
            self.close(CloseCode.TERMINATED, "The client does not answer")
            return
        self._unanswered = True
        self._outbox.push(self._dialect.keep_alive)
        self._schedule_keep_alive()

    def _id(self, message: Mapping[str, Any]) -> str:
        value = message.get("id")
        if type(value) is not str or not value:
            raise ProtocolViolation(CloseCode.BAD_REQUEST, "Invalid message received")
        return value

    def _start(self, message: Mapping[str, Any]) -> None:
        if not self._acknowledged:
            raise ProtocolViolation(CloseCode.UNAUTHORIZED, "Unauthorized")
        operation_id = self._id(message)
        if type(message.get("payload")) is not dict:
            raise ProtocolViolation(CloseCode.BAD_REQUEST, "Invalid message received")
        if operation_id in self._operations:
            if not self._dialect.errors_as_data:
                raise ProtocolViolation(
                    CloseCode.SUBSCRIBER_ALREADY_EXISTS, f"Subscriber for {operation_id} already exists"
                )
            self._operations.pop(operation_id)()
        if len(self._operations) >= self._config.websocket.max_operations:
            self._refuse(operation_id, LimitExceeded("Too many operations run on this socket"))
            return
        task = asyncio.create_task(self._operate(operation_id, message["payload"]), name="socket operation")
        self._operations[operation_id] = task.cancel

    async def _operate(self, operation_id: str, payload: dict[str, Any]) -> None:
        context: RequestContext | None = None
        try:
            request: GraphQLRequest = request_of(payload)
            context = self._service.clients.context(self._headers, self.identity, self._address)
            operation = await self._service.begin(request, context)
            if operation.kind is OperationKind.SUBSCRIPTION:
                listener = _SocketListener(self, operation_id, self._outbox)
                self._operations[operation_id] = self._service.listen(operation, listener)
                return
            if operation.defers:
                async with aclosing(self._service.run_in_parts(operation, self._part_format)) as parts:
                    async for part in parts:
                        self._push_result(operation_id, part.body)
                self._operations.pop(operation_id, None)
                self._complete(operation_id)
                return
            response = await self._service.run(operation)
        except RequestError as error:
            self._operations.pop(operation_id, None)
            self._refuse(operation_id, error)
        except Exception:  # the edge of an operation: its fault must not close the socket of the others
            logger.exception("an operation on a socket failed", extra=log_fields(context))
            self._operations.pop(operation_id, None)
            self._refuse(
                operation_id,
                RequestError("Internal server error", extensions={"code": "INTERNAL_SERVER_ERROR"}),
            )
        else:
            self._operations.pop(operation_id, None)
            self._push_result(operation_id, response.body)
            self._complete(operation_id)

    def ended(self, operation_id: str, error: RequestError | None) -> None:
        """A subscription is over."""
        self._operations.pop(operation_id, None)
        if error is None:
            self._complete(operation_id)
        else:
            self._refuse(operation_id, error)

    def result_prefix(self, operation_id: str) -> bytes:
        """A result message up to its payload; `}` ends it."""
        return b'{"id":%b,"type":"%b","payload":' % (orjson.dumps(operation_id), self._dialect.next.encode())

    def _push_result(self, operation_id: str, body: bytes) -> None:
        self._outbox.push(b"%b%b}" % (self.result_prefix(operation_id), body))

    def _complete(self, operation_id: str) -> None:
        self._outbox.push(orjson.dumps({"id": operation_id, "type": "complete"}))

    def _refuse(self, operation_id: str, error: RequestError) -> None:
        if self._dialect.errors_as_data:
            self._push_result(operation_id, orjson.dumps({"errors": error.errors}))
            self._complete(operation_id)
        else:
            message = {"id": operation_id, "type": "error", "payload": error.errors}
            self._outbox.push(orjson.dumps(message))


class _SocketListener:
    """Implements `Listener` for one subscription of a socket."""

    __slots__ = ("_id", "_outbox", "_prefix", "_session")

    def __init__(self, session: Session, operation_id: str, outbox: Outbox) -> None:
        self._session = session
        self._outbox = outbox
        self._id = operation_id
        self._prefix = session.result_prefix(operation_id)

    def deliver(self, event: Event) -> None:
        """Send the next event."""
        self._outbox.push(b"%b%b}" % (self._prefix, event.body))

    def finish(self, error: RequestError | None) -> None:
        """Tell that the stream is over."""
        self._session.ended(self._id, error)


def authorization_of(payload: Mapping[str, Any], headers: Mapping[str, str]) -> str | None:
    """The client's `Authorization`: from the init payload, its `headers`, or the handshake."""
    for source in (payload, payload.get("headers")):
        if isinstance(source, Mapping):
            for name, value in source.items():
                if isinstance(name, str) and name.lower() == "authorization" and isinstance(value, str):
                    return value if " " in value.strip() else f"Bearer {value.strip()}"
    return headers.get("authorization")


def propagated(payload: Mapping[str, Any]) -> dict[str, str]:
    """Headers that a browser can only give in the init payload; the propagation rules still decide."""
    named = payload.get("headers")
    if not isinstance(named, Mapping):
        return {}
    return {
        name.lower(): value
        for name, value in named.items()
        if isinstance(name, str) and isinstance(value, str)
    }
