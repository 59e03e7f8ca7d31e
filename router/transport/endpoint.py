"""The bare ASGI endpoint of `/graphql`: one dispatch by protocol, nothing between it and the server.

Owns which protocol answers. Must stay cheap: every client request passes here.
"""

from __future__ import annotations

from starlette.types import Receive, Scope, Send

from router.transport.graphiql import GraphiqlPage
from router.transport.http.answer import AnswerWriter
from router.transport.http.handler import HttpHandler
from router.transport.http.negotiation import negotiate
from router.transport.http.streams import StreamAnswers
from router.transport.service import GraphQLService
from router.transport.websocket import WebSocketHandler


class GraphQLEndpoint:
    """The ASGI app behind one path."""

    def __init__(self, service: GraphQLService, page: GraphiqlPage | None) -> None:
        self._page = page
        self._http = HttpHandler(
            service, StreamAnswers(service), AnswerWriter(service.config.http.compression)
        )
        self.sockets = WebSocketHandler(service)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request, or serve one socket."""
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if scope["type"] == "websocket":
            await self.sockets.handle(scope, receive, send, headers)
            return
        accepted = negotiate(headers.get("accept"))
        if accepted.page and self._page is not None and scope["method"] in ("GET", "HEAD"):
            await self._page(scope, receive, send)
            return
        await self._http.handle(scope, receive, send, headers, accepted)
