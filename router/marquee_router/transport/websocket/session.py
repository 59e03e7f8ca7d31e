"""One socket: its handshake, its identity, its messages.

Owns the state of the protocol and the end of the socket. Must never let a socket outlive its client's token.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from enum import Enum, auto
from typing import Any

import orjson
from starlette.types import Receive, Send

from marquee_router.errors import RequestError
from marquee_router.request import Identity, RequestContext
from marquee_router.server_interface import ClientAddress, DirectSocket
from marquee_router.transport.service import GraphQLService
from marquee_router.transport.websocket.messages import (
    MessageWriter,
    authorization_of,
    decode_message,
    operation_id_of,
    payload_headers,
)
from marquee_router.transport.websocket.operations import SocketOperations
from marquee_router.transport.websocket.send_queue import SendQueue
from marquee_router.transport.websocket.subprotocol import CloseCode, ProtocolViolation, Subprotocol
from marquee_router.transport.websocket.timers import SocketTimers

CLOSE_SECONDS = 10.0
"""A client that does not take even the close message within this time is cut off."""


class _Phase(Enum):
    """How far the handshake has come."""

    CONNECTED = auto()
    INITIALISING = auto()
    """`connection_init` was received; the token is being checked."""
    READY = auto()


class Session:
    """Speaks one subprotocol with one client."""

    __slots__ = (
        "_address",
        "_closing",
        "_direct",
        "_headers",
        "_operations",
        "_phase",
        "_queue",
        "_send",
        "_service",
        "_subprotocol",
        "_timers",
        "identity",
    )

    def __init__(
        self,
        service: GraphQLService,
        subprotocol: Subprotocol,
        send: Send,
        headers: Mapping[str, str],
        address: ClientAddress,
        direct: DirectSocket | None = None,
    ) -> None:
        """`headers` are those of the handshake, names in lower case."""
        self._service = service
        self._subprotocol = subprotocol
        self._send = send
        self._direct = direct
        self._headers = headers
        self._address = address
        self.identity: Identity | None = None
        self._phase = _Phase.CONNECTED
        self._closing: asyncio.Task[None] | None = None
        self._queue = SendQueue(
            send,
            limit=service.config.subscriptions.queue_events,
            on_overflow=self._on_slow_client,
            direct=direct,
        )
        self._operations = SocketOperations(
            service, MessageWriter(subprotocol, self._queue), self._new_context
        )
        self._timers = SocketTimers(service.config.websocket, self.close)

    async def run(self, receive: Receive) -> None:
        """Serve the socket until either side closes it."""
        self._timers.await_initialisation()
        try:
            while True:
                message = await receive()
                if message["type"] != "websocket.receive":
                    return
                self._timers.received()
                if self._closing is None:
                    await self._handle(message)
        finally:
            self._timers.cancel()
            self._queue.close()
            self._operations.stop_all()

    def close(self, code: CloseCode, reason: str) -> None:
        """Close the socket; if it is called again, the first code and reason stay."""
        if self._closing is None:
            self._queue.close()
            self._operations.stop_all()
            self._closing = asyncio.create_task(self._send_close(code, reason), name="socket close")

    async def _send_close(self, code: CloseCode, reason: str) -> None:
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._send({"type": "websocket.close", "code": int(code), "reason": reason})
        except TimeoutError:
            if self._direct is not None:
                self._direct.abort()
        except (OSError, RuntimeError):
            return  # the client has closed the socket meanwhile

    def _on_slow_client(self, queue: SendQueue) -> None:
        if self._service.config.subscriptions.slow_client == "drop-oldest":
            queue.drop_oldest()
        else:
            self.close(CloseCode.TRY_AGAIN_LATER, "The client reads too slowly")

    async def _handle(self, message: Mapping[str, Any]) -> None:
        try:
            await self._dispatch(decode_message(message))
        except ProtocolViolation as violation:
            self.close(violation.code, violation.reason)

    async def _dispatch(self, message: dict[str, Any]) -> None:
        kind, subprotocol = message["type"], self._subprotocol
        if kind == subprotocol.start:
            self._start(message)
        elif kind == subprotocol.stop:
            if self._operations.stop(operation_id_of(message)) and subprotocol.is_legacy:
                self._operations.writer.complete(message["id"])
        elif kind == "ping" and not subprotocol.is_legacy:
            payload = message.get("payload")
            pong = {"type": "pong"} if payload is None else {"type": "pong", "payload": payload}
            self._queue.push(orjson.dumps(pong))
        elif kind == "pong" and not subprotocol.is_legacy:
            return
        elif kind == "connection_init":
            await self._initialise(message)
        elif kind == "connection_terminate" and subprotocol.is_legacy:
            self.close(CloseCode.GOING_AWAY, "Terminated by the client")
        else:
            raise ProtocolViolation(CloseCode.BAD_REQUEST, "Invalid message received")

    async def _initialise(self, message: Mapping[str, Any]) -> None:
        if self._phase is not _Phase.CONNECTED:
            raise ProtocolViolation(
                CloseCode.TOO_MANY_INITIALISATION_REQUESTS, "Too many initialisation requests"
            )
        self._phase = _Phase.INITIALISING
        payload = message.get("payload")
        if payload is not None and type(payload) is not dict:
            raise ProtocolViolation(CloseCode.BAD_REQUEST, "Invalid message received")
        try:
            identity = await self._service.identify(authorization_of(payload or {}, self._headers))
        except RequestError as refusal:
            if self._subprotocol.is_legacy:
                self._queue.push(orjson.dumps({"type": "connection_error", "payload": refusal.errors[0]}))
            raise ProtocolViolation(CloseCode.FORBIDDEN, refusal.message) from None
        if self._closing is not None:  # the check took longer than the socket lived
            return
        self.identity = identity
        self._phase = _Phase.READY
        self._headers = {**self._headers, **payload_headers(payload or {})}
        self._timers.initialised(None if identity is None else identity.expires_at)
        self._queue.push(b'{"type":"connection_ack"}')
        if self._subprotocol.after_acknowledgement is not None:
            self._queue.push(self._subprotocol.after_acknowledgement)
        self._timers.keep_alive(self._subprotocol, self._queue)

    def _start(self, message: Mapping[str, Any]) -> None:
        if self._phase is not _Phase.READY:
            raise ProtocolViolation(CloseCode.UNAUTHORIZED, "Unauthorized")
        operation_id = operation_id_of(message)
        if type(message.get("payload")) is not dict:
            raise ProtocolViolation(CloseCode.BAD_REQUEST, "Invalid message received")
        if operation_id in self._operations:
            if not self._subprotocol.is_legacy:
                raise ProtocolViolation(
                    CloseCode.SUBSCRIBER_ALREADY_EXISTS, f"Subscriber for {operation_id} already exists"
                )
            self._operations.stop(operation_id)  # the legacy protocol replaces the operation
        self._operations.start(operation_id, message["payload"])

    def _new_context(self) -> RequestContext:
        return self._service.clients.context(self._headers, self.identity, self._address)
