"""One plain POST to GraphQL, answered without ASGI: no scope, no messages, one write.

Owns the response on the wire. The answer is the router's, the order of answers the protocol's.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, ClassVar, Final, Protocol

from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HEADER_VALUE_RE, STATUS_LINE
from uvicorn.server import ServerState

from marquee_router.server_interface import ClientAddress, PlainPostHandler

_FAULT: Final = (
    500,
    (
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", b"21"),
        (b"connection", b"close"),
    ),
    b"Internal Server Error",
)
"""The answer that uvicorn gives when an app raises; a cancelled app raises, too."""


class Connection(Protocol):
    """What a request needs of the protocol that it came by."""

    fast_path: PlainPostHandler | None
    flow: FlowControl
    transport: asyncio.Transport
    tasks: set[asyncio.Task[None]]
    logger: logging.Logger
    server_state: ServerState

    def on_response_complete(self) -> None:
        """Go on with the next request of the connection."""


class PlainPost:
    """Stands where uvicorn has a `RequestResponseCycle`, and has the attributes that uvicorn uses of one."""

    __slots__ = (
        "_accepted",
        "_address",
        "_connection",
        "_headers",
        "body",
        "disconnected",
        "keep_alive",
        "response_complete",
        "task",
    )

    message_event: ClassVar = asyncio.Event()
    """uvicorn sets it to wake a coroutine that reads the body. No coroutine does: the body is whole."""

    def __init__(
        self,
        connection: Connection,
        headers: Mapping[str, str],
        accepted: Any,
        address: ClientAddress,
        body: bytes = b"",
    ) -> None:
        self._connection = connection
        self._headers = headers
        self._accepted = accepted
        self._address = address
        self.body = body
        self.keep_alive = True
        self.disconnected = False
        """Set by uvicorn when the connection is lost. The operation still runs to its end."""
        self.response_complete = False
        self.task: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Execute the operation and write the response."""
        connection = self._connection
        try:
            assert connection.fast_path is not None, "without one no request is a PlainPost"
            answer = await connection.fast_path.answer(
                self.body, self._headers, self._accepted, self._address
            )
            if connection.flow.write_paused and not self.disconnected:
                await connection.flow.drain()
            response = self._response(*answer)
        except BaseException as error:  # the edge of a request, also of one that is cancelled
            connection.logger.error("Exception in ASGI application\n", exc_info=error)
            response = self._response(*_FAULT)
        if self.task is not None:
            connection.tasks.discard(self.task)
        if self.disconnected or connection.transport.is_closing():
            return
        connection.transport.write(response)
        self.response_complete = True
        self.body = b""
        if not self.keep_alive:
            connection.transport.close()
        connection.on_response_complete()

    def _response(self, status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> bytes:
        """Head and body; raises `RuntimeError` for a header value that would end its line."""
        always, closes = _lines(tuple(self._connection.server_state.default_headers))
        own, closes_itself = _lines(tuple(headers))
        if closes or closes_itself:
            self.keep_alive = False
        elif not self.keep_alive:
            own += b"connection: close\r\n"
        return b"%s%s%s\r\n%s" % (STATUS_LINE[status], always, own, body)


# Most responses have the same headers but for the length of the body, and there are few lengths.
@lru_cache(maxsize=1024)
def _lines(headers: tuple[tuple[bytes, bytes], ...]) -> tuple[bytes, bool]:
    """Header lines, and whether they close the connection; raises `RuntimeError` for an invalid value."""
    if any(HEADER_VALUE_RE.search(value) for _, value in headers):
        raise RuntimeError("Invalid HTTP header value.")
    return b"".join(b"%s: %s\r\n" % header for header in headers), (b"connection", b"close") in headers
