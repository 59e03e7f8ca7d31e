"""What decides which operations an engine runs, and what it reaches. Records only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from marquee_router.execution.exchange import Exchange
from marquee_router.execution.state import HeaderSource
from marquee_router.execution.subgraph import SubgraphTransport
from marquee_router.stages import Authorizer, DocumentSource, OperationGuard, OverrideDecision


@dataclass(frozen=True, slots=True)
class OperationPolicies:
    """What decides which operations run, and which of their fields. None: no restriction."""

    documents: DocumentSource | None = None
    guard: OperationGuard | None = None
    authorizer: Authorizer | None = None
    decide_override: OverrideDecision | None = None
    """Switches labels of progressive `@override`; percentages that it leaves open are drawn per request."""


@dataclass(frozen=True, slots=True)
class SubgraphAccess:
    """How an engine reaches the subgraphs of its supergraph, by name."""

    exchanges: Mapping[str, Exchange]
    transports: Mapping[str, SubgraphTransport]
    """The transports under the exchanges."""
    closes_transports: bool = True
    """True if they belong to the engine, which closes them with itself."""
    header_source: HeaderSource | None = None
    """Further headers of each subgraph request."""

    @classmethod
    def of(
        cls,
        transports: Mapping[str, SubgraphTransport],
        *,
        closes_transports: bool = True,
        header_source: HeaderSource | None = None,
    ) -> SubgraphAccess:
        """Plain access: each transport with an exchange that caches nothing."""
        exchanges = {name: Exchange(name, transport) for name, transport in transports.items()}
        return cls(exchanges, dict(transports), closes_transports, header_source)
