"""The transports of a router's subgraphs: those handed over, and HTTP ones made from URLs.

Owns which transport belongs to which subgraph and URL over several supergraphs. Must never close one in use.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass

from marquee_router.config.model import Subgraphs, Traffic
from marquee_router.errors import RouterMisconfigured
from marquee_router.execution.resilience import ResilienceOptions, ResilientTransport
from marquee_router.execution.subgraph import SubgraphTransport
from marquee_router.extensions import Extensions
from marquee_router.instrumentation import Tracer
from marquee_router.observability.metrics import Metrics
from marquee_router.observability.subgraph_calls import MeasuredTransport, TracedTransport
from marquee_router.security.identity import IdentitySigner
from marquee_router.security.signed_transport import SignedTransport
from marquee_schema.supergraph import Supergraph


@dataclass(frozen=True, slots=True)
class TransportLayers:
    """What every call to a subgraph passes before its transport."""

    metrics: Metrics
    tracer: Tracer
    extensions: Extensions | None
    signer: IdentitySigner | None
    """None: subgraphs receive no identity."""

    def over(self, name: str, transport: SubgraphTransport) -> SubgraphTransport:
        """The transport of a subgraph under its layers; extensions see the headers as they are sent."""
        if self.extensions is not None:
            transport = self.extensions.around(name, transport)
        transport = MeasuredTransport(name, transport, self.metrics)
        if self.tracer.records:
            transport = TracedTransport(name, transport, self.tracer)
        return transport if self.signer is None else SignedTransport(name, transport, self.signer)


class SubgraphTransports:
    """All transports of one app."""

    def __init__(self, given: Mapping[str, SubgraphTransport], layers: TransportLayers) -> None:
        self._layers = layers
        self._given = {name: self._layers.over(name, transport) for name, transport in given.items()}
        self._made: dict[tuple[str, str, Traffic], SubgraphTransport] = {}

    def of(self, supergraph: Supergraph, settings: Subgraphs) -> dict[str, SubgraphTransport]:
        """One transport per subgraph; raises `RouterMisconfigured` for one with neither transport nor URL."""
        return {
            name: self._one(name, subgraph.url, settings.of(name))
            for name, subgraph in supergraph.subgraphs.items()
        }

    async def keep_only(self, used: Set[SubgraphTransport]) -> None:
        """Close those made here that are not in use any more."""
        for key, transport in list(self._made.items()):
            # Two generations may use one transport: only when both are gone it may be closed.
            if transport not in used:
                del self._made[key]
                await transport.aclose()

    async def aclose(self) -> None:
        """Close all."""
        for transport in (*self._given.values(), *self._made.values()):
            await transport.aclose()
        self._made.clear()

    def _one(self, name: str, url: str, traffic: Traffic) -> SubgraphTransport:
        given = self._given.get(name)
        if given is not None:
            return given
        target = traffic.url or url
        if not target.startswith(("http://", "https://")):
            raise RouterMisconfigured(f"Subgraph {name} has no transport, and {target!r} is no HTTP URL")
        made = self._made.get((name, target, traffic))
        if made is None:
            made = self._layers.over(name, http_transport(target, traffic))
            self._made[name, target, traffic] = made
        return made


def http_transport(url: str, traffic: Traffic) -> SubgraphTransport:
    """HTTP with a pool, retries, a circuit breaker and the subgraph's own timeout."""
    # Imported here: the clients cost 0.3 s that a process with all its subgraphs in it need not pay.
    from marquee_router.execution.http import HttpTransport
    from marquee_router.execution.http.options import HttpOptions, SubscriptionProtocol

    transport = HttpTransport(
        url,
        HttpOptions(
            max_connections=traffic.max_connections,
            max_body_bytes=traffic.max_body_bytes,
            proxy=traffic.proxy,
            subscription_protocol=SubscriptionProtocol(traffic.subscription_protocol),
            subscription_url=traffic.subscription_url,
        ),
    )
    return ResilientTransport(
        transport,
        ResilienceOptions(
            retries=traffic.retries,
            failures_to_open=traffic.failures_to_open,
            open_seconds=traffic.open_seconds,
            timeout_seconds=traffic.timeout_seconds,
        ),
    )
