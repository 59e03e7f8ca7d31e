"""The bounds of the HTTP transport to one subgraph. Records only."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SubscriptionProtocol(StrEnum):
    """How a subgraph serves subscriptions."""

    WEBSOCKET = "websocket"
    SSE = "sse"
    MULTIPART = "multipart"


@dataclass(frozen=True, slots=True)
class HttpOptions:
    """Bounds of one transport."""

    max_connections: int = 200
    """Further calls wait for a connection, within their own timeout."""
    connect_timeout_seconds: float = 5.0
    idle_seconds: float = 4.0
    """An idle connection is not used again after this: servers commonly close theirs after five seconds."""
    max_body_bytes: int = 64 * 1024 * 1024
    """A larger response is refused while it arrives."""
    proxy: str | None = None
    """URL of an HTTP proxy."""
    subscription_protocol: SubscriptionProtocol = SubscriptionProtocol.WEBSOCKET
    subscription_url: str | None = None
    """The URL for subscriptions, if it is not the subgraph's."""
    acknowledge_timeout_seconds: float = 10.0
    """For `connection_ack` of a web socket, and for the response headers of a stream."""
