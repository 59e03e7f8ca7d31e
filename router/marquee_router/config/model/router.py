"""`RouterConfig`: the whole of router.yaml, one section an attribute."""

from __future__ import annotations

from pydantic import Field

from marquee_router.config.model.caching import Cache, CacheControl
from marquee_router.config.model.http import Cors, Csrf, GraphiQl, Http, WebSocket
from marquee_router.config.model.section import Section
from marquee_router.config.model.security import (
    Authentication,
    Limits,
    PersistedQueries,
    RateLimits,
    SubgraphIdentity,
    TrustedDocuments,
)
from marquee_router.config.model.subgraphs import ClientHeaders, HeaderRules, HotReload, Subgraphs
from marquee_router.config.model.subscriptions import Defer, EventSources, Subscriptions
from marquee_router.config.model.telemetry import Logs, Metrics, Telemetry


class RouterConfig(Section):
    """The whole of router.yaml."""

    http: Http = Http()
    websocket: WebSocket = WebSocket()
    subscriptions: Subscriptions = Subscriptions()
    event_sources: EventSources = EventSources()
    defer: Defer = Defer()
    authentication: Authentication = Authentication()
    subgraph_identity: SubgraphIdentity = SubgraphIdentity()
    limits: Limits = Limits()
    rate_limits: RateLimits = RateLimits()
    introspection: bool = True
    csrf: Csrf = Csrf()
    cors: Cors = Cors()
    headers: HeaderRules = HeaderRules()
    client_headers: ClientHeaders = ClientHeaders()
    hot_reload: HotReload = HotReload()
    subgraphs: Subgraphs = Subgraphs()
    cache_control: CacheControl = CacheControl()
    cache: Cache = Cache()
    persisted_queries: PersistedQueries = PersistedQueries()
    trusted_documents: TrustedDocuments = TrustedDocuments()
    metrics: Metrics = Metrics()
    telemetry: Telemetry = Telemetry()
    logs: Logs = Logs()
    graphiql: GraphiQl = GraphiQl()
    mask_subgraph_errors: bool = True
    """Clients see the codes of errors that subgraphs report, and not their messages."""
    override_labels: dict[str, bool] = Field(default_factory=dict)
    """Labels of progressive `@override` that are on or off; others named `percent(N)` are drawn per
    request."""
    extensions: tuple[str, ...] = ()
    """Your own Python as `module:attribute`: an object with methods of `stages`, or what makes one when it is
    called without arguments."""
