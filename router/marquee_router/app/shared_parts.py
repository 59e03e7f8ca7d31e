"""`SharedParts`: what outlives the generations of one app, such as connections, limits and metrics.

Owns the order in which these are opened and closed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from marquee_router.app.extras import Extras
from marquee_router.app.subgraph_transports import SubgraphTransports, TransportLayers
from marquee_router.caching.cache import SubgraphCache
from marquee_router.config.model import EndedSessionsSource, RouterConfig
from marquee_router.errors import RouterMisconfigured
from marquee_router.event_sources import EventFeeds
from marquee_router.execution.subgraph import SubgraphTransport
from marquee_router.extensions import Extensions
from marquee_router.observability.configured_tracer import open_tracer
from marquee_router.observability.metrics import Metrics
from marquee_router.security.headers import ClientDescription, HeaderPropagation
from marquee_router.security.identity import IdentitySigner
from marquee_router.security.rate_limits import RateLimiter
from marquee_router.security.revocations import AnyRevocations, Revocations
from marquee_router.security.tokens import TokenVerifier
from marquee_router.transport.clients import Clients

if TYPE_CHECKING:
    from marquee_router.security.ended_sessions import EndedSessions


class SharedParts:
    """The parts of one app that every generation uses."""

    def __init__(
        self, config: RouterConfig, extras: Extras, transports: Mapping[str, SubgraphTransport]
    ) -> None:
        """Raises `RouterMisconfigured`."""
        self.metrics = Metrics(
            max_operation_names=config.metrics.max_operation_names, registry=extras.registry
        )
        self.tracer = extras.tracer or open_tracer(config.telemetry)
        self.extensions = Extensions.of(extras.extensions, config.extensions)
        self.feeds = EventFeeds(config.event_sources, extras.event_sources)
        self.policies = extras.policies
        self._ended_sessions = _ended_sessions(config.authentication.ended_sessions)
        self.revocations = _revocations(extras.revocations, self._ended_sessions)
        self.signer = _signer(config, extras)
        self.transports = SubgraphTransports(
            transports, TransportLayers(self.metrics, self.tracer, self.extensions, self.signer)
        )
        identity_headers = () if self.signer is None else (self.signer.header,)
        self.cache = SubgraphCache.of(config.cache, unshared=frozenset({"authorization", *identity_headers}))
        self.rates = RateLimiter.of(config.rate_limits)
        self.clients = self._clients(config, extras, identity_headers)

    def _clients(self, config: RouterConfig, extras: Extras, identity_headers: tuple[str, ...]) -> Clients:
        authentication = config.authentication
        verifier = None
        if authentication.issuers:
            verifier = TokenVerifier(authentication, extras.jwks, self.revocations)
        description = ClientDescription(config.client_headers)
        return Clients(
            verifier=verifier,
            signer=self.signer,
            # A client must not be able to send what the router vouches for.
            propagation=HeaderPropagation(config.headers, reserved=(*description.names, *identity_headers)),
            description=description,
            tracer=self.tracer,
            extensions=self.extensions,
            timeout_seconds=config.http.operation_timeout_seconds,
        )

    def open(self) -> None:
        """Connect what works in the background. Called on the event loop that serves."""
        if self._ended_sessions is not None:
            self._ended_sessions.open()
        self.tracer.open()

    async def aclose(self) -> None:
        """Close everything; spans last, so that those of the shutdown are exported too."""
        if self._ended_sessions is not None:
            await self._ended_sessions.aclose()
        await self.transports.aclose()
        await self.feeds.aclose()
        if self.cache is not None:
            await self.cache.aclose()
        if self.rates is not None:
            await self.rates.aclose()
        await self.tracer.aclose()


def _signer(config: RouterConfig, extras: Extras) -> IdentitySigner | None:
    if not config.subgraph_identity.enabled:
        return None
    try:
        return IdentitySigner(config.subgraph_identity, extras.identity_key)
    except (OSError, ValueError) as error:
        raise RouterMisconfigured(f"subgraph_identity: {error}") from None


def _revocations(*sources: Revocations | None) -> Revocations | None:
    known = [source for source in sources if source is not None]
    return AnyRevocations(*known) if known else None


def _ended_sessions(settings: EndedSessionsSource) -> EndedSessions | None:
    if settings.redis_url is None:
        return None
    # Imported here: a router without Redis need not load its client.
    from marquee_router.security.ended_sessions import EndedSessions

    try:
        return EndedSessions(settings)
    except ValueError as error:
        raise RouterMisconfigured(f"authentication.ended_sessions.redis_url: {error}") from None
