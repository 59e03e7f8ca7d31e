"""uvicorn's WebSocket connection with a fast path for text: a frame is written at once, without a coroutine.

Owns the framing of such messages. Messages that cannot be written now, and all other kinds, go uvicorn's own
way. Nothing is buffered here, so order is kept.
"""

from __future__ import annotations

from typing import Any, Final, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request
from websockets.protocol import State

from marquee_router.server_interface import DIRECT_SOCKET

_WHOLE_TEXT: Final = 0x81
"""The first byte of a frame: FIN, and the opcode of text (RFC 6455 §5.2)."""


class DirectSockets(WebSocketsSansIOProtocol):
    """Implements `DirectSocket`; the app finds it in the extensions of its scope."""

    def handle_connect(self, event: Request) -> None:
        """Begin the handshake, and offer the fast path when frames are not compressed."""
        super().handle_connect(event)
        if self.response.status_code == 101 and not self.config.ws_per_message_deflate:
            extensions = cast("dict[str, Any]", self.scope["extensions"])
            extensions[DIRECT_SOCKET] = self

    def write_text(self, message: bytes) -> bool:
        """Write a text message (UTF-8). False, with nothing written, when the caller must use `send`
        instead."""
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
        """Close the connection at once; data that is not yet written is lost."""
        self.transport.abort()
