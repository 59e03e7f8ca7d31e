"""uvicorn's WebSocket connection with a short way out for text: a frame is written at once, no coroutine.

Owns the framing of such messages. Whatever cannot be written now, and every other message, goes uvicorn's own
way, so order is kept: nothing is buffered here.
"""

from __future__ import annotations

from typing import Any, Final, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request
from websockets.protocol import State

from marquee_router.transport.websocket import DIRECT_SOCKET

_WHOLE_TEXT: Final = 0x81
"""The first byte of a frame: the last one of its message, of text (RFC 6455, section 5.2)."""


class DirectSockets(WebSocketsSansIOProtocol):
    """Implements `DirectSocket`, and gives itself to the app as an extension of the scope."""

    def handle_connect(self, event: Request) -> None:
        """Begin the handshake; the app runs a little later."""
        super().handle_connect(event)
        if self.response.status_code == 101 and not self.config.ws_per_message_deflate:
            extensions = cast("dict[str, Any]", self.scope["extensions"])
            extensions[DIRECT_SOCKET] = self

    def write_text(self, message: bytes) -> bool:
        """Write a text message (UTF-8); False when it has to wait, or the socket is not open: use `send`."""
        if (
            not self.writable.is_set()
            or not self.handshake_complete
            or self.close_sent
            or self.conn.state is not State.OPEN
        ):
            return False
        length = len(message)
        if length < 126:
            head = bytes((_WHOLE_TEXT, length))
        elif length < 65536:
            head = b"\x81\x7e" + length.to_bytes(2, "big")
        else:
            head = b"\x81\x7f" + length.to_bytes(8, "big")
        self.transport.write(head + message)
        return True

    def abort(self) -> None:
        """Cut the connection, whatever is still to be written."""
        self.transport.abort()
