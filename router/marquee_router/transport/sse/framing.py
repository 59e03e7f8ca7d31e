"""`OperationEvents`: the framing of the distinct connections mode, in which a stream carries one operation.

Must never put a line break inside a data line: responses are JSON on one line.
"""

from __future__ import annotations

import orjson

from marquee_router.errors import RequestError
from marquee_router.transport.broadcast import Restarting


class OperationEvents:
    """Implements `Framing`."""

    content_type = "text/event-stream; charset=utf-8"

    def opening(self) -> bytes:
        """A comment: the client learns at once that the stream is open."""
        return b":\n\n"

    def event(self, body: bytes) -> bytes:
        """A `next` event."""
        return b"event: next\ndata: " + body + b"\n\n"

    def heartbeat(self) -> bytes:
        """A comment."""
        return b":\n\n"

    def closing(self, error: RequestError | None) -> bytes:
        """A `complete` event, after a `next` event with the errors if there are any.

        Nothing if the server restarts: a client connects again only if its stream ends without `complete`.
        """
        if isinstance(error, Restarting):
            return b""
        complete = b"event: complete\ndata:\n\n"
        if error is None:
            return complete
        return self.event(orjson.dumps({"errors": error.errors})) + complete
