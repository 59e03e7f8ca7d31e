"""`HttpRequest`: one HTTP request to the GraphQL endpoint, with what is needed to answer it. A record
only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.types import Receive, Scope, Send

from marquee_router.server_interface import ClientAddress
from marquee_router.transport.http.negotiation import Accepted


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request, as it came over ASGI."""

    scope: Scope
    receive: Receive
    send: Send
    headers: Mapping[str, str]
    """Names in lower case."""
    accepted: Accepted

    @property
    def method(self) -> str:
        """The HTTP method."""
        method: str = self.scope["method"]
        return method

    @property
    def query_string(self) -> bytes:
        """The query of the URL, still percent-encoded."""
        query_string: bytes = self.scope["query_string"]
        return query_string

    @property
    def only_reads(self) -> bool:
        """True for GET, by which no mutation may run: links, images and crawlers send it."""
        return self.method == "GET"

    @property
    def address(self) -> ClientAddress:
        """Where the request comes from."""
        return ClientAddress.of(self.scope.get("client"), self.headers)
