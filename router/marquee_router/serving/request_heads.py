"""uvicorn's HTTP connection with a bound on the head of a request: in time and in bytes.

Owns what comes before a request's body, which no application sees until it is whole. Costs nothing where a
head comes in one piece, as almost all do.
"""

from __future__ import annotations

import asyncio
from typing import Final

from marquee_router.serving.protocol import FastPathProtocol

HEAD_SECONDS: Final = 10.0
"""From connecting, or from the first byte of a further request, to the end of its head."""
HEAD_BYTES: Final = 64 * 1024
"""Approximate: the bytes that come in one piece with the end of the head are not counted."""
_TOO_SLOW: Final = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_TOO_LARGE: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
)


class BoundedHeads(FastPathProtocol):
    """Closes a connection that sends no head, sends one too slowly, or sends one that does not end."""

    _deadline: asyncio.TimerHandle | None = None
    _head_bytes = 0
    """How much of the head under way was received."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        """Wait for the first head."""
        super().connection_made(transport)
        self._deadline = self.loop.call_later(HEAD_SECONDS, self._refuse, _TOO_SLOW)

    def connection_lost(self, exc: Exception | None) -> None:
        """End what is open."""
        self._disarm()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """Called by the parser."""
        self._head_bytes = 0
        super().on_message_begin()

    def data_received(self, data: bytes) -> None:
        """Feed the parser; then bound what is still missing of a head."""
        super().data_received(data)
        in_head = self._state.is_in_head
        if in_head:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES:
                self._refuse(_TOO_LARGE)
        cycle = self.cycle
        waits = in_head or cycle is None or cycle.response_complete
        # An upgrade to WebSocket has made another protocol the transport's: it has bounds of its own.
        if not waits or self.transport.get_protocol() is not self:
            self._disarm()
        elif self._deadline is None and not self.transport.is_closing():
            self._deadline = self.loop.call_later(HEAD_SECONDS, self._refuse, _TOO_SLOW)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _refuse(self, response: bytes) -> None:
        self._disarm()
        if not self.transport.is_closing():
            self.transport.write(response)
            self.transport.close()
