"""The router as an ASGI app: wiring only, and the life of what it wires.

Owns the order of construction, the swap of the supergraph, and the end: drain, then close. Holds no rule of
its own.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from prometheus_client import CollectorRegistry
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute, Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from marquee_router.app.server_hooks import ServerHooks
from marquee_router.app.subgraph_transports import SubgraphTransports
from marquee_router.caching.cache import SubgraphCache
from marquee_router.caching.caching_exchange import CacheCounts
from marquee_router.caching.invalidation_route import invalidation_route
from marquee_router.config.extras import check_extras
from marquee_router.config.model import EndedSessionsSource, RouterConfig
from marquee_router.config.reload import reloaded
from marquee_router.engine import Engine, EngineOptions
from marquee_router.errors import RouterMisconfigured
from marquee_router.event_sources import EventFeeds, EventSource
from marquee_router.execution.subgraph import SubgraphTransport
from marquee_router.extensions import Extensions
from marquee_router.observability.configured_tracer import open_tracer
from marquee_router.observability.metrics import Metrics
from marquee_router.observability.operator_routes import operator_routes
from marquee_router.observability.tracing import Tracer
from marquee_router.planning.planner import PlanningLimits
from marquee_router.security.authorization import FieldAuthorizer, PolicyDecision, no_policy_holds
from marquee_router.security.headers import ClientDescription, HeaderPropagation
from marquee_router.security.identity import IdentitySigner
from marquee_router.security.jwks import JwksFetch
from marquee_router.security.limits import LimitsGuard
from marquee_router.security.persisted_documents import Documents
from marquee_router.security.rate_limits import RateLimiter
from marquee_router.security.revocations import AnyRevocations, Revocations
from marquee_router.security.tokens import TokenVerifier
from marquee_router.transport.endpoint import GraphQLEndpoint
from marquee_router.transport.fast_path import fast_path_of
from marquee_router.transport.graphiql import ASSETS, GraphiqlPage, is_built, read_examples
from marquee_router.transport.http.body_limits import BodyLimits
from marquee_router.transport.service import Edge, Generation, GraphQLService, OperationRunner
from marquee_router.transport.static_files import CompressedFiles
from marquee_schema.supergraph import Supergraph, load_supergraph

if TYPE_CHECKING:
    from marquee_router.security.ended_sessions import EndedSessions

EngineFactory = Callable[[Supergraph], OperationRunner]

_WITHDRAWN_SECONDS = 0.5
RETIREMENT_SECONDS = 1.0
"""A replaced engine is closed so long after its last operation: one may be between two stages."""


@dataclass(frozen=True, slots=True)
class Extras:
    """What an embedding program may hand over beside the configuration."""

    jwks: Mapping[str, JwksFetch] = field(default_factory=dict)
    """Key sets by issuer name, for issuers without a URL."""
    revocations: Revocations | None = None
    """Tells of tokens that were withdrawn before they expire; None lets each hold until then."""
    identity_key: Ed25519PrivateKey | None = None
    """The key of the signed identity, in place of a file's or a new one."""
    routes: Sequence[BaseRoute] = ()
    """Further routes of the same app, tried before the router's own."""
    examples: Sequence[Mapping[str, Any]] = ()
    """GraphiQL tabs."""
    tracer: Tracer | None = None
    """In place of the one that the configuration names."""
    registry: CollectorRegistry | None = None
    """Where the metrics are registered, when other parts of the process have theirs there."""
    before_scrape: Callable[[], Awaitable[None]] | None = None
    """Awaited before metrics are shown."""
    policies: PolicyDecision = no_policy_holds
    """Decides which `@policy` names hold for a request."""
    event_sources: Mapping[str, EventSource] = field(default_factory=dict)
    """Brokers by name, beside and before those of the configuration; whoever opened them closes them."""
    extensions: Sequence[object] = ()
    """Objects with methods of `stages`, called before those that the configuration names."""
    graphiql_assets: Path = ASSETS


class RouterApp:
    """An ASGI app; `reload` swaps the supergraph, `begin_drain` prepares the end."""

    def __init__(
        self,
        supergraph: Supergraph,
        transports: Mapping[str, SubgraphTransport],
        config: RouterConfig,
        extras: Extras,
        engine_factory: EngineFactory | None = None,
    ) -> None:
        self.config = config
        self._engine_factory = engine_factory
        self._engines: list[Engine] = []
        """Every one that operations may still run on."""
        self.hooks = ServerHooks()
        self.metrics = Metrics(
            max_operation_names=config.metrics.max_operation_names, registry=extras.registry
        )
        self._tracer = extras.tracer or open_tracer(config.telemetry)
        self._extensions = Extensions.of(extras.extensions, config.extensions)
        self._transports = SubgraphTransports(transports, self.metrics, self._tracer, self._extensions)
        self._feeds = EventFeeds(config.event_sources, extras.event_sources)
        self._policies = extras.policies
        self._ended_sessions = _ended_sessions(config.authentication.ended_sessions)
        told = [each for each in (extras.revocations, self._ended_sessions) if each is not None]
        self._revocations = AnyRevocations(*told) if told else None
        self.signer = self._new_signer(extras)
        self.cache = SubgraphCache.of(config.cache, unshared=self._headers_of_identity())
        """Told of changes by `invalidate`; None when it is off."""
        self.supergraph = supergraph
        self._documents = Documents(config.persisted_queries, config.trusted_documents)
        engine = self._new_engine(supergraph, config, self._documents)
        self._keep(engine)
        self.service = GraphQLService(engine, config, self._edge(extras))
        self._endpoint = GraphQLEndpoint(self.service, self._page(extras))
        self.front = fast_path_of(self._endpoint.whole, config)
        """For a server that answers plain requests without ASGI."""
        self._path = config.http.path
        self._ready = False
        self._reloading = asyncio.Lock()
        self._endings: set[asyncio.Task[None]] = set()
        self._starlette = Starlette(routes=self._routes(extras), lifespan=self._lifespan)
        self._others = BodyLimits(self._starlette, config.http)
        self.state = self._starlette.state
        self.state.router = self
        self._entry: ASGIApp = self._with_cors(self._dispatch)
        self._watch()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        await self._entry(scope, receive, send)

    async def _dispatch(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan" and scope["path"] == scope.get("root_path", "") + self._path:
            await self._endpoint(scope, receive, send)
        else:
            await self._others(scope, receive, send)

    async def reload(
        self, supergraph: Supergraph | str | None = None, config: RouterConfig | None = None
    ) -> list[str]:
        """Swap the supergraph, the settings, or both: new requests see the new, running ones end on the old.

        Of the settings only `config.reloading.RELOADABLE` change; returns the names of other sections
        that would have. Trusted documents are read again. Raises `SupergraphError` when the text is none,
        `RouterMisconfigured` when a subgraph has no transport; all stays as it was then.
        """
        async with self._reloading:
            settings, waiting = self.config, list[str]()
            if config is not None:
                settings, waiting = reloaded(self.config, config)
            try:
                documents = self._documents.renewed(settings.trusted_documents)
                model, engine = await asyncio.to_thread(
                    self._new_generation,
                    self.supergraph if supergraph is None else supergraph,
                    settings,
                    documents,
                )
                previous = self.service.engine
                if isinstance(engine, Engine) and isinstance(previous, Engine):
                    await engine.warm(previous)
            except BaseException:
                self.metrics.reloaded("refused")
                await self._close_unused()
                raise
            self._keep(engine)
            self.supergraph, self.config, self._documents = model, settings, documents
            retired = await self.service.replace_engine(engine, settings)
            self.metrics.reloaded("applied")
            ending = asyncio.create_task(self._end(retired), name="end of a generation")
            self._endings.add(ending)
            ending.add_done_callback(self._endings.discard)
            return waiting

    def _new_generation(
        self, supergraph: Supergraph | str, config: RouterConfig, documents: Documents
    ) -> tuple[Supergraph, OperationRunner]:
        """Costly on a large graph: not on the event loop."""
        model = load_supergraph(supergraph) if isinstance(supergraph, str) else supergraph
        return model, self._new_engine(model, config, documents)

    def _keep(self, engine: OperationRunner) -> None:
        if isinstance(engine, Engine):
            self._engines.append(engine)

    async def _end(self, generation: Generation) -> None:
        """Wait until nothing runs on a replaced engine, then close what only it used."""
        while not generation.unused.is_set():
            await generation.unused.wait()
            await asyncio.sleep(RETIREMENT_SECONDS)
        engine = generation.engine
        async with self._reloading:
            if isinstance(engine, Engine):
                self._engines.remove(engine)
                await engine.aclose()
            await self._close_unused()
        self.hooks.after_retirement()

    async def _close_unused(self) -> None:
        used = {transport for engine in self._engines for transport in engine.transports.values()}
        await self._transports.keep_only(used)

    def begin_drain(self) -> None:
        """Not ready any more: sockets and streams are asked to connect elsewhere. Call it when the process is
        asked to stop.
        """
        self._ready = False
        self._endpoint.sockets.close_all()
        self.service.broadcast.break_off()

    def _new_engine(
        self, supergraph: Supergraph, config: RouterConfig, documents: Documents
    ) -> OperationRunner:
        if self._engine_factory is not None:
            return self._engine_factory(supergraph)
        return Engine(
            supergraph,
            self._transports.of(supergraph, config.subgraphs),
            options=EngineOptions(
                timeout_seconds=config.http.operation_timeout_seconds,
                max_tokens=config.limits.max_tokens,
                planning=PlanningLimits(max_ways=config.limits.max_planning),
                pass_subgraph_messages=not config.mask_subgraph_errors,
                suggestions=config.introspection,
                defer=config.defer.enabled,
                default_max_age_seconds=config.cache_control.default_max_age_seconds,
                subgraphs_say_max_age=config.cache_control.from_subgraphs,
                varying_headers=config.headers.propagate,
            ),
            document_source=documents,
            guard=LimitsGuard(config.limits, supergraph, introspection=config.introspection),
            authorizer=FieldAuthorizer(
                supergraph,
                on_unauthorized=config.authentication.on_unauthorized,
                decide=self._policies,
            ),
            decide_override=lambda label, _: config.override_labels.get(label),
            owns_transports=False,
            counts=self.metrics.preparation,
            feeds=self._feeds,
            cache=self.cache,
        )

    def _new_signer(self, extras: Extras) -> IdentitySigner | None:
        if not self.config.subgraph_identity.enabled:
            return None
        try:
            return IdentitySigner(self.config.subgraph_identity, extras.identity_key)
        except (OSError, ValueError) as error:
            raise RouterMisconfigured(f"subgraph_identity: {error}") from None

    def _headers_of_identity(self) -> frozenset[str]:
        """Headers to subgraphs that say who asks."""
        return frozenset({"authorization", *((self.signer.header,) if self.signer is not None else ())})

    def _edge(self, extras: Extras) -> Edge:
        config = self.config
        authentication = config.authentication
        client = ClientDescription(config.client_headers)
        return Edge(
            verifier=TokenVerifier(authentication, extras.jwks, self._revocations)
            if authentication.issuers
            else None,
            signer=self.signer,
            propagation=HeaderPropagation(
                config.headers,
                reserved=(*client.names, *((self.signer.header,) if self.signer is not None else ())),
            ),
            client=client,
            tracer=self._tracer,
            metrics=self.metrics,
            rates=RateLimiter.of(config.rate_limits),
            extensions=self._extensions,
        )

    def _page(self, extras: Extras) -> GraphiqlPage | None:
        settings = self.config.graphiql
        if not settings.enabled or not is_built(extras.graphiql_assets):
            return None
        examples = extras.examples
        if settings.examples is not None:
            try:
                examples = read_examples(Path(settings.examples))
            except (OSError, ValueError) as error:
                raise RouterMisconfigured(f"graphiql.examples: {error}") from None
        return GraphiqlPage(
            endpoint=self.config.http.path,
            assets_path=f"{self.config.http.path}/assets",
            title=settings.title,
            examples=examples,
            assets=extras.graphiql_assets,
        )

    def _routes(self, extras: Extras) -> list[BaseRoute]:
        routes: list[BaseRoute] = list(extras.routes)
        routes += operator_routes(
            is_ready=lambda: self._ready,
            metrics=self.metrics if self.config.metrics.enabled else None,
            before_scrape=extras.before_scrape,
            metrics_page=self.hooks.metrics_page,
            jwks=self.signer.jwks if self.signer is not None else None,
        )
        token = self.config.cache.invalidation_token
        if self.cache is not None and token is not None:
            routes.append(invalidation_route(self.cache, token.get_secret_value()))
        if self.config.graphiql.enabled and is_built(extras.graphiql_assets):
            files = CompressedFiles(extras.graphiql_assets)
            routes.insert(0, Mount(f"{self.config.http.path}/assets", files))
        return routes

    def _with_cors(self, app: ASGIApp) -> ASGIApp:
        cors = self.config.cors
        if not cors.origins:
            return app
        return CORSMiddleware(
            app,
            allow_origins=cors.origins,
            allow_methods=("GET", "POST", "PUT", "DELETE"),
            allow_headers=cors.headers,
            expose_headers=("retry-after", "ratelimit", "ratelimit-policy"),
            allow_credentials=cors.allow_credentials,
            max_age=cors.max_age_seconds,
        )

    def _watch(self) -> None:
        broadcast, sockets = self.service.broadcast, self._endpoint.sockets
        self.metrics.watch("router_websockets", "Open sockets.", lambda: sockets.sockets)
        self.metrics.watch(
            "router_upstreams", "Open subscriptions to subgraphs.", lambda: broadcast.upstreams
        )
        self.metrics.watch("router_listeners", "Client subscriptions.", lambda: broadcast.listeners)
        self.metrics.watch(
            "router_operations_known",
            "Operations that need no preparation.",
            lambda: self.operations_cached()[0],
        )
        self.metrics.watch(
            "router_operations_bytes",
            "Memory of the operations known, estimated.",
            lambda: self.operations_cached()[1],
        )
        self.metrics.watch("router_running", "Operations being executed.", self.service.running)
        counts = self.cache.counts if self.cache is not None else CacheCounts()
        self.metrics.watch("router_cache_hits", "Entities and replies from the cache.", lambda: counts.hits)
        self.metrics.watch("router_cache_misses", "Those not in it, asked for.", lambda: counts.misses)

    def operations_cached(self) -> tuple[int, int]:
        """How many operations need no preparation, and what they take in bytes, estimated."""
        engine = self.service.engine
        return (engine.documents, engine.cached_bytes) if isinstance(engine, Engine) else (0, 0)

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        # Operations are prepared on a thread: it must hand the interpreter back sooner than after 5 ms.
        sys.setswitchinterval(min(sys.getswitchinterval(), 0.001))
        tasks = [asyncio.create_task(self.service.keep_identities_fresh(), name="identity freshness")]
        if self._revocations is not None:
            ending = self._end_withdrawn(self._revocations)
            tasks.append(asyncio.create_task(ending, name="withdrawn tokens"))
        if self._ended_sessions is not None:
            self._ended_sessions.open()
        self._tracer.open()
        self._ready = True
        try:
            yield
        finally:
            self.begin_drain()
            await self.service.drain(self.config.subscriptions.drain_seconds)
            for task in (*tasks, *self._endings):
                task.cancel()
            if self._ended_sessions is not None:
                await self._ended_sessions.aclose()
            for engine in self._engines:
                await engine.aclose()
            await self._transports.aclose()
            await self._feeds.aclose()
            if self.cache is not None:
                await self.cache.aclose()
            if self.service.edge.rates is not None:
                await self.service.edge.rates.aclose()
            await self._tracer.aclose()

    async def _end_withdrawn(self, revocations: Revocations) -> None:
        """End what is open with tokens that are withdrawn meanwhile. Runs until cancelled.

        A moment later, so that what began just before is open by then.
        """
        ended = revocations.changes
        while True:
            known = revocations.changes
            await asyncio.sleep(_WITHDRAWN_SECONDS)
            if known != ended:
                ended = known
                self._endpoint.sockets.close_revoked(revocations)
                self.service.end_revoked(revocations)


def _ended_sessions(settings: EndedSessionsSource) -> EndedSessions | None:
    if settings.redis_url is None:
        return None
    from marquee_router.security.ended_sessions import EndedSessions

    try:
        return EndedSessions(settings)
    except ValueError as error:
        raise RouterMisconfigured(f"authentication.ended_sessions.redis_url: {error}") from None


def create_app(
    supergraph: Supergraph | str,
    transports: Mapping[str, SubgraphTransport] | None = None,
    config: RouterConfig | None = None,
    *,
    extras: Extras | None = None,
    engine_factory: EngineFactory | None = None,
) -> RouterApp:
    """The router for a supergraph (its SDL, or loaded), as an ASGI app.

    `transports` are by subgraph name, for subgraphs not reached by their URL; the app closes them. Raises
    `SupergraphError` and `RouterMisconfigured` at once, never later.
    """
    settings = config or RouterConfig()
    check_extras(settings)
    model = load_supergraph(supergraph) if isinstance(supergraph, str) else supergraph
    return RouterApp(model, transports or {}, settings, extras or Extras(), engine_factory)
