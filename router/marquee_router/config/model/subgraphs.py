"""Settings of the calls to subgraphs: headers, timeouts, retries, URLs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from marquee_router.config.model.section import Positive, Seconds, Section


class HeaderRules(Section):
    """The client headers that every subgraph receives."""

    propagate: tuple[str, ...] = ()
    """Names in lower case; hop-by-hop headers are never propagated."""
    insert: dict[str, str] = Field(default_factory=dict)


class ClientHeaders(Section):
    """Headers that the router writes to describe the client to subgraphs; None: not sent.

    Only mutations carry them: the response to a query never depends on its client's place, so that equal
    queries of several clients are sent once.
    """

    address: str | None = None
    """The name of the header with the client's IP address, as the router sees it."""
    device: str | None = None
    """The name of the header with the client's `User-Agent`: printable ASCII, at most 200 characters."""


class Traffic(Section):
    """How one subgraph is called over HTTP."""

    url: str | None = None
    """In place of the URL in the supergraph."""
    timeout_seconds: Seconds = 10.0
    retries: Annotated[int, Field(ge=0, le=5)] = 1
    """Of queries only."""
    failures_to_open: Annotated[int, Field(ge=0)] = 10
    """Consecutive failures that open the circuit: calls are then refused for a while; 0: never."""
    open_seconds: Seconds = 5.0
    max_connections: Positive = 200
    max_body_bytes: Positive = 64 * 1024 * 1024
    proxy: str | None = None
    subscription_protocol: Literal["websocket", "sse", "multipart"] = "websocket"
    subscription_url: str | None = None


class Subgraphs(Section):
    """Traffic to subgraphs: one rule for all, which a rule by name replaces."""

    all: Traffic = Traffic()
    by_name: dict[str, Traffic] = Field(default_factory=dict)

    def of(self, name: str) -> Traffic:
        """The rule for one subgraph."""
        return self.by_name.get(name, self.all)


class HotReload(Section):
    """Take a new supergraph while running. SIGHUP reloads the supergraph and router.yaml in any case."""

    enabled: bool = False
    """A file is watched, a URL is polled."""
    poll_seconds: Annotated[float, Field(ge=0.1)] = 10.0
    """The time between two polls of a URL or of running subgraphs; `ETag` is honoured."""
