"""What one GraphQL request is made of, between transport, security, planning and execution. Records only.

What is made anew for each request is not frozen, for that costs a microsecond each; nobody changes it either.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from marquee_router.observability.tracing import OperationSpan


@dataclass(slots=True)
class GraphQLRequest:
    """A request as the client sent it; `query` is None when a persisted document is named in `extensions`."""

    query: str | None
    operation_name: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    extensions: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class UploadedFile:
    """A file in place of a variable's value; `content` is in memory."""

    name: str
    """As the client says: never a path to be opened."""
    content_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks, from a verified token. Never built from anything unverified."""

    subject: str
    issuer: str
    scopes: frozenset[str]
    roles: frozenset[str]
    token: str
    expires_at: float
    """Seconds since the epoch."""
    claims: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class RequestContext:
    """The life of one request: made by the transport, read by every stage, thrown away with the answer."""

    headers: Mapping[str, str]
    """The client's headers, names in lower case."""
    identity: Identity | None = None
    subgraph_headers: dict[str, str] = field(default_factory=dict)
    """Sent with every subgraph request of this client request, names in lower case."""
    deadline: float | None = None
    """On the event loop's clock; outbound calls end before it."""
    address: str | None = None
    """The client's IP address, where the server knows it."""
    span: OperationSpan | None = None
    """What records this request; None when nothing does."""
    has_files: bool = False
    """Whether variables have files in them."""
    state: dict[str, Any] = field(default_factory=dict)
    """For hooks; the router itself keeps nothing here."""


@dataclass(slots=True)
class Response:
    """An encoded answer. `has_data` is False when execution never began (the request itself was refused)."""

    body: bytes
    has_data: bool = True
    has_errors: bool = False
    has_next: bool = False
    """True for a part that is not the last."""
    headers: Mapping[str, str] = field(default_factory=dict)
