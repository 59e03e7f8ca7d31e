"""`FastPath`: the requests that a server may answer without ASGI: plain POSTs, which nearly all are.

Owns what is plain. Every other request goes through the app. Both paths use `http.single_response`, so a
plain request gets the same bytes on either.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final, TypeAlias

from marquee_router.config.model import RouterConfig
from marquee_router.message_heads import KnownHead
from marquee_router.server_interface import ClientAddress
from marquee_router.transport.http.negotiation import Accepted, negotiate
from marquee_router.transport.http.response import HttpResponse
from marquee_router.transport.http.single_response import SingleResponses
from marquee_router.transport.http.stream_response import TOKEN_HEADER

Answering: TypeAlias = Callable[
    [bytes, Mapping[str, str], Accepted, ClientAddress], Coroutine[Any, Any, HttpResponse]
]
"""Answers a request, given body, headers, what it accepts, and the client's address. Raises nothing but
cancellation."""
_OUT_OF_THE_ORDINARY: Final = frozenset(
    {"transfer-encoding", "content-encoding", "expect", "upgrade", TOKEN_HEADER}
)
_DIGITS: Final = 7
"""Of `Content-Length`; larger bodies arrive in pieces anyway."""


class FastPath:
    """Answers plain HTTP/1.1 POST requests whose target is exactly `target`."""

    def __init__(self, whole: SingleResponses, config: RouterConfig) -> None:
        self.target = config.http.path.encode()
        self.answer: Answering = whole.to_post
        self.known = KnownHead.of
        self.max_body_bytes = config.http.max_body_bytes

    def takes(self, headers: Mapping[str, str]) -> Accepted | None:
        """Return what the client accepts if its POST is plain, else None; header names are in lower case."""
        length = headers.get("content-length", "")
        # A body without a length, encoded, or to be confirmed (`Expect`) needs the app's reader.
        if (
            not headers.get("content-type", "").startswith("application/json")
            or not _OUT_OF_THE_ORDINARY.isdisjoint(headers)
            or not length.isdigit()
            or len(length) > _DIGITS
            or int(length) > self.max_body_bytes
        ):
            return None
        accepted = negotiate(headers.get("accept"))
        return accepted if accepted.stream is None and accepted.answer is not None else None


def fast_path_of(whole: SingleResponses, config: RouterConfig) -> FastPath | None:
    """Return the fast path of an app; None with CORS, whose headers only the app writes."""
    return None if config.cors.origins else FastPath(whole, config)
