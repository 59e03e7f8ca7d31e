"""The framing of distinct connections: one stream carries one operation.

Must never put a line break inside a data line: answers are JSON on one line.
"""

from __future__ import annotations

import orjson

from marquee_router.errors import RequestError
from marquee_router.transport.broadcast import Restarting


class OperationEvents:
    """Implements `Framing`."""

    content_type = "text/event-stream; charset=utf-8"

    def opening(self) -> bytes:
        """A comment, so that the client knows at once that the stream is open."""
        return b":\n\n"

    def event(self, body: bytes) -> bytes:
        """A `next` event."""
        return b"event: next\ndata: " + body + b"\n\n"

    def heartbeat(self) -> bytes:
        """A comment."""
        return b":\n\n"

    def closing(self, error: RequestError | None) -> bytes:
        """A `complete` event, after an answer with the errors if there are any.

        Nothing when the server restarts: a stream that only ends is what makes clients connect again.
        """
        if isinstance(error, Restarting):
            return b""
        complete = b"event: complete\ndata:\n\n"
        if error is None:
            return complete
        return self.event(orjson.dumps({"errors": error.errors})) + complete
