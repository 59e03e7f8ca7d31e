"""`Extras`: what an embedding program hands over beside the configuration."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from prometheus_client import CollectorRegistry
from starlette.routing import BaseRoute

from marquee_foundation.jwks import JwksFetch
from marquee_router.event_sources import EventSource
from marquee_router.instrumentation import Tracer
from marquee_router.security.authorization import PolicyDecision, no_policy_holds
from marquee_router.security.revocations import Revocations
from marquee_router.transport.graphiql import ASSETS


@dataclass(frozen=True, slots=True)
class Extras:
    """Parts of a router that only a program can provide. Each has a default."""

    jwks: Mapping[str, JwksFetch] = field(default_factory=dict)
    """Key sets by issuer name, for issuers without a URL."""
    revocations: Revocations | None = None
    """Knows the tokens that were revoked before they expire; None: each is valid until then."""
    identity_key: Ed25519PrivateKey | None = None
    """The key that signs the identity for subgraphs; None: the configured file's, or a new one."""
    routes: Sequence[BaseRoute] = ()
    """Further routes of the app; they are tried before the router's own."""
    examples: Sequence[Mapping[str, Any]] = ()
    """GraphiQL tabs."""
    tracer: Tracer | None = None
    """In place of the configured one."""
    registry: CollectorRegistry | None = None
    """Where the router registers its metrics; None: a registry of its own."""
    before_scrape: Callable[[], Awaitable[None]] | None = None
    """Awaited before each scrape of the metrics."""
    policies: PolicyDecision = no_policy_holds
    """Decides which `@policy` names hold for a request."""
    event_sources: Mapping[str, EventSource] = field(default_factory=dict)
    """Brokers by name; they take precedence over configured ones. The program closes them."""
    extensions: Sequence[object] = ()
    """Objects with methods of `stages`; they are called before the configured ones."""
    graphiql_assets: Path = ASSETS
