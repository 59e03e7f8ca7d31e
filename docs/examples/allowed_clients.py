"""Only known clients: each names itself in `x-client-name`, and its name goes on to every subgraph.

`ALLOWED_CLIENTS` lists the names, separated by commas. A name is no secret: this keeps honest clients apart,
so that each can be counted and asked to update; it keeps nobody out who reads a name off the network.
"""

from __future__ import annotations

import os

from marquee_router.errors import Forbidden
from marquee_router.request import GraphQLRequest, RequestContext

HEADER = "x-client-name"


class AllowedClients:
    """Implements `OnRequest`."""

    def __init__(self, names: frozenset[str] | None = None) -> None:
        listed = os.environ.get("ALLOWED_CLIENTS", "").split(",")
        self._names = frozenset(name.strip() for name in listed) - {""} if names is None else names

    async def on_request(self, request: GraphQLRequest, context: RequestContext) -> None:
        """Refuse who is not on the list."""
        name = context.headers.get(HEADER, "")
        if name not in self._names:
            raise Forbidden(f"Name your client in {HEADER}", extensions={"client": name})
        context.subgraph_headers[HEADER] = name
