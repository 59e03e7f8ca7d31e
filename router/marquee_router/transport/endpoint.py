"""`GraphQLEndpoint`: the ASGI app behind `/graphql`, which dispatches to the protocol of each request.

Must stay cheap: every client request passes here, except those that the fast path answers.
"""

from __future__ import annotations

from functools import lru_cache

from starlette.types import Receive, Scope, Send

from marquee_router.transport.graphiql import GraphiqlPage
from marquee_router.transport.http.handler import HttpHandler
from marquee_router.transport.http.http_request import HttpRequest
from marquee_router.transport.http.negotiation import negotiate
from marquee_router.transport.http.single_response import SingleResponses
from marquee_router.transport.http.stream_response import StreamResponses
from marquee_router.transport.service import GraphQLService
from marquee_router.transport.websocket import WebSocketHandler

LONGEST_SHARED = 48
"""In bytes; tokens are longer, and are not kept."""


class GraphQLEndpoint:
    """The ASGI app behind one path."""

    def __init__(self, service: GraphQLService, page: GraphiqlPage | None) -> None:
        self._page = page
        self.single = SingleResponses(service)
        self._http = HttpHandler(service, StreamResponses(service), self.single)
        self.sockets = WebSocketHandler(service)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request, or serve one socket."""
        if scope["type"] == "websocket":
            headers = {_shared(name): _shared(value) for name, value in scope["headers"]}
            # Nothing reads them again, and the scope lives as long as the socket.
            scope["headers"] = ()
            await self.sockets.handle(scope, receive, send, headers)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        accepted = negotiate(headers.get("accept"))
        if accepted.page and self._page is not None and scope["method"] in ("GET", "HEAD"):
            await self._page(scope, receive, send)
            return
        await self._http.handle(HttpRequest(scope, receive, send, headers, accepted))


def _shared(raw: bytes) -> str:
    """Decode a header's name or value; sockets share the strings of short ones, which saves memory."""
    return _remembered(raw) if len(raw) <= LONGEST_SHARED else raw.decode("latin-1")


@lru_cache(maxsize=1024)
def _remembered(raw: bytes) -> str:
    return raw.decode("latin-1")
