"""The records of one GraphQL request, which transport, security, planning and execution pass on.

Records that are made for each request are not frozen, because a frozen one costs a microsecond more. Treat
them as immutable all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(slots=True)
class GraphQLRequest:
    """A request as the client sent it; `query` is None when a persisted document is named in `extensions`."""

    query: str | None
    operation_name: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    extensions: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class UploadedFile:
    """A file that takes the place of a variable's value; `content` is in memory."""

    name: str
    """The client's name for the file; never use it as a path."""
    content_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Identity:
    """The client of a request, from a verified token. Never built from anything unverified."""

    subject: str
    issuer: str
    scopes: frozenset[str]
    roles: frozenset[str]
    token: str
    expires_at: float
    """Seconds since the epoch."""
    claims: Mapping[str, Any] = field(default_factory=dict)


class OperationSpan(Protocol):
    """Records one client operation in a trace."""

    @property
    def traceparent(self) -> str:
        """The trace context of the current phase, for the `traceparent` header of subgraph requests."""
        ...

    def prepared(self, phases: Sequence[tuple[str, int, int]]) -> None:
        """Record the phases of a preparation: name, begin and end in nanoseconds since the epoch.

        It is not called for an operation that was in the cache.
        """
        ...

    def executing(self, kind: str, name: str | None) -> None:
        """Begin the execution phase: from here on `traceparent` is that phase's."""
        ...

    def end(self, outcome: str) -> None:
        """End the span: `outcome` is `ok`, or a word or error code for how the operation failed."""
        ...


@dataclass(slots=True)
class RequestContext:
    """The context of one request: made by the transport, read by every stage, dropped after the response."""

    headers: Mapping[str, str]
    """The client's headers, names in lower case."""
    identity: Identity | None = None
    subgraph_headers: dict[str, str] = field(default_factory=dict)
    """Sent with every subgraph request of this client request, names in lower case."""
    deadline: float | None = None
    """On the event loop's clock; outbound calls end before it."""
    address: str | None = None
    """The client's IP address, where the server knows it."""
    is_behind_unknown_proxy: bool = False
    """True if `address` is that of a proxy which the server does not trust to report its clients."""
    span: OperationSpan | None = None
    """The recorder of this request; None if it is not recorded."""
    has_files: bool = False
    """Whether variables have files in them."""
    state: dict[str, Any] = field(default_factory=dict)
    """For extensions; the router itself keeps nothing here but the estimated cost."""


@dataclass(slots=True)
class Response:
    """An encoded GraphQL response."""

    body: bytes
    has_data: bool = True
    """False if the request was refused before execution, so that the response has no `data` entry."""
    has_errors: bool = False
    has_next: bool = False
    """True for a part of an incremental response that is not the last."""
    headers: Mapping[str, str] = field(default_factory=dict)
