"""Which requests a server may answer without ASGI: plain POSTs, by far the most.

Owns what is plain. Everything else goes through the app, which answers plain ones alike: both are
`transport.http.whole`'s answers.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final, TypeAlias

from marquee_router.config.model import RouterConfig
from marquee_router.message_heads import KnownHead
from marquee_router.transport.http.negotiation import Accepted, negotiate
from marquee_router.transport.http.response import HttpResponse
from marquee_router.transport.http.single_response import SingleResponses
from marquee_router.transport.http.stream_response import TOKEN_HEADER

Answering: TypeAlias = Callable[
    [bytes, Mapping[str, str], Accepted, str | None], Coroutine[Any, Any, HttpResponse]
]
"""From body, headers, what is accepted, and the client's address; raises nothing but cancellation."""
_OUT_OF_THE_ORDINARY: Final = frozenset(
    {"transfer-encoding", "content-encoding", "expect", "upgrade", TOKEN_HEADER}
)
_DIGITS: Final = 7
"""Of a length in bytes: larger bodies come in pieces anyway."""


class FastPath:
    """Takes plain requests for GraphQL, of HTTP/1.1, to `target` exactly."""

    def __init__(self, whole: SingleResponses, config: RouterConfig) -> None:
        self.target = config.http.path.encode()
        self.answer: Answering = whole.to_post
        self.known = KnownHead.of
        self.max_body_bytes = config.http.max_body_bytes

    def takes(self, headers: Mapping[str, str]) -> Accepted | None:
        """What the client accepts, when its POST is plain; `headers` have names in lower case."""
        length = headers.get("content-length", "")
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
    """The front of an app; None where each answer depends on what only the app does (CORS)."""
    return None if config.cors.origins else FastPath(whole, config)
