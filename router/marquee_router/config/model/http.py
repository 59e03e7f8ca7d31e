"""Settings of HTTP and WebSocket towards clients, and of browsers."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from marquee_router.config.model.section import Positive, Seconds, Section


class Compression(Section):
    """Content encoding of responses, negotiated by `Accept-Encoding`."""

    enabled: bool = True
    # An Ethernet packet has about 1,460 bytes for TCP.
    minimum_bytes: Positive = 1280
    """Smaller responses are sent as they are: with their headers they fit one packet."""
    level: Annotated[int, Field(ge=1, le=9)] = 1
    """Of gzip."""
    brotli_level: Annotated[int, Field(ge=0, le=11)] = 2
    """Of brotli, which a client that accepts both equally gets. Above 4 it costs several times more."""


class Batching(Section):
    """Several operations in one HTTP request, as a JSON array."""

    enabled: bool = True
    limit: Positive = 10


class Uploads(Section):
    """Files by the GraphQL multipart request specification, passed on to the subgraph that takes them."""

    enabled: bool = False
    max_files: Positive = 5
    max_file_bytes: Positive = 5 * 1024 * 1024
    max_bytes_at_once: Positive = 256 * 1024 * 1024
    """Of the files of all running requests of one process; further requests are refused."""
    timeout_seconds: Seconds = 60.0
    """A form that is not complete by then is answered with 408."""


class Http(Section):
    """GraphQL over HTTP."""

    path: Annotated[str, Field(pattern=r"^/")] = "/graphql"
    max_body_bytes: Positive = 1024 * 1024
    body_timeout_seconds: Seconds = 10.0
    """A body that is not complete by then is answered with 408."""
    operation_timeout_seconds: Seconds = 30.0
    compression: Compression = Compression()
    batching: Batching = Batching()
    uploads: Uploads = Uploads()


class WebSocket(Section):
    """Both WebSocket subprotocols: `graphql-transport-ws` and the legacy `graphql-ws`."""

    enabled: bool = True
    init_timeout_seconds: Seconds = 5.0
    ping_interval_seconds: Seconds = 25.0
    max_operations: Positive = 100
    """Operations that run on one socket; a further one is answered with an error."""


class Csrf(Section):
    """Requests that a browser sends without a preflight are refused, except queries by GET."""

    enabled: bool = True
    required_headers: tuple[str, ...] = (
        "graphql-require-preflight",
        "apollo-require-preflight",
        "x-apollo-operation-name",
    )
    """An upload form with one of these is accepted: a browser sends none across origins without a
    preflight."""


class Cors(Section):
    """Cross-origin access; nothing is allowed until origins are named."""

    origins: tuple[str, ...] = ()
    allow_credentials: bool = False
    headers: tuple[str, ...] = ("authorization", "content-type", "graphql-require-preflight", "traceparent")
    max_age_seconds: Positive = 600


class GraphiQl(Section):
    """The GraphiQL page for browsers; it works offline."""

    enabled: bool = True
    title: str = "GraphiQL"
    examples: str | None = None
    """A JSON file with tabs: a list of `{"title", "query", "variables"?, "headers"?}`."""
