"""Subscriptions and incremental responses over `multipart/mixed`, as Apollo's clients read them.

Owns the framing: one part per event, `{}` parts as heartbeats, transport errors beside `payload`.
"""

from __future__ import annotations

import orjson

from marquee_router.errors import RequestError
from marquee_router.execution.incremental.formats import IncrementalFormat

_PART = b"\r\ncontent-type: application/json\r\n\r\n"
_BOUNDARY = b"\r\n--graphql"


class SubscriptionParts:
    """Implements `Framing` for subscriptions (`subscriptionSpec=1.0`)."""

    content_type = 'multipart/mixed; boundary="graphql"; subscriptionSpec=1.0'

    def opening(self) -> bytes:
        """The first boundary."""
        return b"--graphql"

    def event(self, body: bytes) -> bytes:
        """A response wrapped in `payload`."""
        return _PART + b'{"payload":' + body + b"}" + _BOUNDARY

    def heartbeat(self) -> bytes:
        """An empty object, which clients ignore."""
        return _PART + b"{}" + _BOUNDARY

    def closing(self, error: RequestError | None) -> bytes:
        """The last boundary, after the error if there is one."""
        if error is None:
            return b"--\r\n"
        return _PART + orjson.dumps({"payload": None, "errors": error.errors}) + _BOUNDARY + b"--\r\n"


class SinglePart:
    """Implements `Framing` for one response, for clients that accept only multipart."""

    content_type = 'multipart/mixed; boundary="graphql"'

    def opening(self) -> bytes:
        """The first boundary."""
        return b"--graphql"

    def event(self, body: bytes) -> bytes:
        """The response unchanged."""
        return _PART + body + _BOUNDARY

    def heartbeat(self) -> bytes:
        """Nothing: a heartbeat would count as a part of the response."""
        return b""

    def closing(self, error: RequestError | None) -> bytes:
        """The last boundary, after the error if there is one."""
        if error is None:
            return b"--\r\n"
        return _PART + orjson.dumps({"errors": error.errors}) + _BOUNDARY + b"--\r\n"


class AnswerParts(SinglePart):
    """Implements `Framing` for an incremental response."""

    def __init__(self, format_: IncrementalFormat) -> None:
        name = "deferSpec" if format_ is IncrementalFormat.APOLLO else "incrementalSpec"
        self.content_type = f'multipart/mixed; boundary="graphql"; {name}={format_.value}'
