"""The seam between the executor and the network: one `SubgraphTransport` per subgraph, in process or over
HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class SubgraphReply:
    """A subgraph's raw answer to one operation."""

    status: int
    content_type: str
    body: bytes
    headers: Mapping[str, str]


class SubgraphTransport(Protocol):
    """Carries encoded GraphQL requests to one subgraph. Raises `router.errors.SubgraphUnavailable` when it
    cannot."""

    async def fetch(self, body: bytes, headers: Mapping[str, str], timeout_seconds: float) -> SubgraphReply:
        """Send one JSON-encoded GraphQL request (`query`, `variables`, `operationName`) and return the
        answer."""
        ...

    def subscribe(self, body: bytes, headers: Mapping[str, str]) -> AsyncIterator[bytes]:
        """Open a subscription; yields one JSON-encoded execution result per event and ends when the subgraph
        does."""
        ...

    async def aclose(self) -> None:
        """Close pooled connections; the transport is not used again."""
        ...
