"""The messages of a socket: `MessageWriter` for those to the client, functions that read those from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from marquee_router.errors import RequestError
from marquee_router.transport.websocket.send_queue import SendQueue
from marquee_router.transport.websocket.subprotocol import CloseCode, ProtocolViolation, Subprotocol


class MessageWriter:
    """Writes the results of operations in one subprotocol."""

    __slots__ = ("_queue", "_subprotocol")

    def __init__(self, subprotocol: Subprotocol, queue: SendQueue) -> None:
        self._subprotocol = subprotocol
        self._queue = queue

    def result_prefix(self, operation_id: str) -> bytes:
        """A result message up to its payload. The payload and `}` follow."""
        return b'{"id":%b,"type":"%b","payload":' % (
            orjson.dumps(operation_id),
            self._subprotocol.next.encode(),
        )

    def event(self, prefix: bytes, body: bytes) -> None:
        """Send a result of which the prefix is known."""
        self._queue.push(b"%b%b}" % (prefix, body))

    def result(self, operation_id: str, body: bytes) -> None:
        """Send a result; `body` is its JSON."""
        self._queue.push(b"%b%b}" % (self.result_prefix(operation_id), body))

    def complete(self, operation_id: str) -> None:
        """Send that an operation has ended."""
        self._queue.push(orjson.dumps({"id": operation_id, "type": "complete"}))

    def error(self, operation_id: str, error: RequestError) -> None:
        """Send that an operation was refused, which also ends it."""
        if self._subprotocol.is_legacy:
            self.result(operation_id, orjson.dumps({"errors": error.errors}))
            self.complete(operation_id)
        else:
            self._queue.push(orjson.dumps({"id": operation_id, "type": "error", "payload": error.errors}))


def decode_message(message: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON object in an ASGI `websocket.receive`, with its `type`; raises `ProtocolViolation`."""
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


def operation_id_of(message: Mapping[str, Any]) -> str:
    """The `id` of a message; raises `ProtocolViolation`."""
    value = message.get("id")
    if type(value) is not str or not value:
        raise ProtocolViolation(CloseCode.BAD_REQUEST, "Invalid message received")
    return value


def authorization_of(payload: Mapping[str, Any], headers: Mapping[str, str]) -> str | None:
    """The client's `Authorization`: from the `connection_init` payload, its `headers`, or the handshake.

    Browsers cannot set headers on a WebSocket, so clients put the token into the payload: as
    `{"Authorization": "Bearer x"}`, `{"authorization": "x"}` or `{"headers": {"authorization": "Bearer x"}}`.
    """
    for source in (payload, payload.get("headers")):
        if isinstance(source, Mapping):
            for name, value in source.items():
                if isinstance(name, str) and name.lower() == "authorization" and isinstance(value, str):
                    return value if " " in value.strip() else f"Bearer {value.strip()}"
    return headers.get("authorization")


def payload_headers(payload: Mapping[str, Any]) -> dict[str, str]:
    """The `headers` of a `connection_init` payload, names in lower case; propagation rules apply to them."""
    named = payload.get("headers")
    if not isinstance(named, Mapping):
        return {}
    return {
        name.lower(): value
        for name, value in named.items()
        if isinstance(name, str) and isinstance(value, str)
    }
