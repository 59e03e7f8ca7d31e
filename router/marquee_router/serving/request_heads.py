"""uvicorn's HTTP connection with a bound on the head of a request: in time and in bytes.

Owns what comes before a request's body, which no application sees until it is whole. Costs nothing where a
head comes in one piece, as almost all do.
"""

from __future__ import annotations

import asyncio
from typing import Final

from marquee_router.serving.protocol import FrontedConnection

HEAD_SECONDS: Final = 10.0
"""From connecting, or from the first byte of a further request, to the end of its head."""
HEAD_BYTES: Final = 64 * 1024
"""About: what came in one piece with the end of the head is not counted."""
_TOO_SLOW: Final = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_TOO_LARGE: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
)


class BoundedHeads(FrontedConnection):
    """Closes connections that say nothing, say it too slowly, or never come to the point."""

    _due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
        super().connection_made(transport)
        self._due = self.loop.call_later(HEAD_SECONDS, self._refuse, _TOO_SLOW)

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Feed the parser; what it has not made a whole head of is watched."""
        super().data_received(data)
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES:
                self._refuse(_TOO_LARGE)
        cycle = self.cycle
        waits = self._in_head or cycle is None or cycle.response_complete
        if not waits or self.transport.get_protocol() is not self:
            self._disarm()
        elif self._due is None and not self.transport.is_closing():
            self._due = self.loop.call_later(HEAD_SECONDS, self._refuse, _TOO_SLOW)

    def _disarm(self) -> None:
        if self._due is not None:
            self._due.cancel()
            self._due = None

    def _refuse(self, answer: bytes) -> None:
        self._disarm()
        if not self.transport.is_closing():
            self.transport.write(answer)
            self.transport.close()
