"""The settings of a router: one immutable tree, every default safe on the open internet.

Owns names, bounds and defaults. Must never read a file or the environment: `config.loader` does.
"""

from marquee_router.config.model.caching import Cache, CacheControl, CachedSubgraph
from marquee_router.config.model.http import (
    Batching,
    Compression,
    Cors,
    Csrf,
    GraphiQl,
    Http,
    Uploads,
    WebSocket,
)
from marquee_router.config.model.router import RouterConfig
from marquee_router.config.model.section import Section
from marquee_router.config.model.security import (
    Authentication,
    EndedSessionsSource,
    Issuer,
    Limits,
    PersistedQueries,
    Rate,
    RateLimits,
    SubgraphIdentity,
    TrustedDocuments,
)
from marquee_router.config.model.subgraphs import ClientHeaders, HeaderRules, HotReload, Subgraphs, Traffic
from marquee_router.config.model.subscriptions import Broker, Defer, EventSources, FedField, Subscriptions
from marquee_router.config.model.telemetry import Logs, Metrics, Telemetry

__all__ = [
    "Authentication",
    "Batching",
    "Broker",
    "Cache",
    "CacheControl",
    "CachedSubgraph",
    "ClientHeaders",
    "Compression",
    "Cors",
    "Csrf",
    "Defer",
    "EndedSessionsSource",
    "EventSources",
    "FedField",
    "GraphiQl",
    "HeaderRules",
    "HotReload",
    "Http",
    "Issuer",
    "Limits",
    "Logs",
    "Metrics",
    "PersistedQueries",
    "Rate",
    "RateLimits",
    "RouterConfig",
    "Section",
    "SubgraphIdentity",
    "Subgraphs",
    "Subscriptions",
    "Telemetry",
    "Traffic",
    "TrustedDocuments",
    "Uploads",
    "WebSocket",
]
