"""`SubgraphTransport`: the protocol between execution and the network. Each subgraph has one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import NamedTuple, Protocol


class SubgraphReply(NamedTuple):
    """A subgraph's response before decoding."""

    status: int
    content_type: str
    body: bytes
    headers: Mapping[str, str]


class SubgraphTransport(Protocol):
    """Sends encoded requests to one subgraph; raises `errors.SubgraphUnavailable` if it gets no response."""

    async def fetch(
        self, body: bytes, headers: Mapping[str, str], timeout_seconds: float, *, idempotent: bool = False
    ) -> SubgraphReply:
        """Send one JSON-encoded GraphQL request (`query`, `variables`, `operationName`); return the answer.

        `idempotent` is True for queries: only these may be sent a second time when a connection breaks.
        """
        ...

    def subscribe(self, body: bytes, headers: Mapping[str, str]) -> AsyncIterator[bytes]:
        """Open a subscription; yields one JSON-encoded execution result per event, ends when they do."""
        ...

    async def aclose(self) -> None:
        """Close pooled connections; the transport is not used again."""
        ...
