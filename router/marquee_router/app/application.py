"""`RouterApp`: the router as an ASGI app: CORS and body limits, over the GraphQL endpoint and other routes.

Owns the start and the end of what they share. Wiring only: it holds no rule of its own.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from marquee_router.app.extras import Extras
from marquee_router.app.gauges import publish_gauges
from marquee_router.app.generations import EngineFactory, Generations
from marquee_router.app.routes import graphiql_page, router_routes
from marquee_router.app.server_hooks import ServerHooks
from marquee_router.app.shared_parts import SharedParts
from marquee_router.caching.cache import SubgraphCache
from marquee_router.config.extras import check_extras
from marquee_router.config.model import Cors, RouterConfig
from marquee_router.execution.subgraph import SubgraphTransport
from marquee_router.observability.metrics import Metrics
from marquee_router.security.identity import IdentitySigner
from marquee_router.security.revocations import Revocations
from marquee_router.transport.endpoint import GraphQLEndpoint
from marquee_router.transport.fast_path import fast_path_of
from marquee_router.transport.http.body_limits import BodyLimits
from marquee_router.transport.service import GraphQLService
from marquee_schema.supergraph import Supergraph, load_supergraph

_REVOCATION_SECONDS = 0.5
_SWITCH_SECONDS = 0.001


class RouterApp:
    """An ASGI app; `reload` replaces the supergraph, `begin_drain` prepares the end."""

    def __init__(
        self,
        supergraph: Supergraph,
        transports: Mapping[str, SubgraphTransport],
        config: RouterConfig,
        extras: Extras,
        engine_factory: EngineFactory | None = None,
    ) -> None:
        self._shared = SharedParts(config, extras, transports)
        self.hooks = ServerHooks()
        """For the server that runs the app."""
        self._generations = Generations(self._shared, supergraph, config, engine_factory, self.hooks)
        self.service = GraphQLService(self._generations.current, self._shared.clients, self._shared.rates)
        self._endpoint = GraphQLEndpoint(self.service, graphiql_page(config, extras))
        self.front = fast_path_of(self._endpoint.single, config)
        """For a server that answers plain requests without ASGI; None if each answer needs the app."""
        self._is_ready = False
        routes = router_routes(config, extras, self._shared, self.hooks, lambda: self._is_ready)
        others = Starlette(routes=routes, lifespan=self._lifespan)
        self.state = others.state
        self.state.router = self
        self._app = with_cors(
            config.cors, with_endpoint(config.http.path, self._endpoint, BodyLimits(others, config.http))
        )
        publish_gauges(self._shared, self.service, self._endpoint)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        await self._app(scope, receive, send)

    @property
    def supergraph(self) -> Supergraph:
        """The current supergraph."""
        return self._generations.supergraph

    @property
    def config(self) -> RouterConfig:
        """The current settings."""
        return self._generations.current.config

    @property
    def metrics(self) -> Metrics:
        """The metrics of this app."""
        return self._shared.metrics

    @property
    def signer(self) -> IdentitySigner | None:
        """Signs the identity for subgraphs; None if they receive none."""
        return self._shared.signer

    @property
    def cache(self) -> SubgraphCache | None:
        """The cache of subgraph replies; None if it is off."""
        return self._shared.cache

    def operations_cached(self) -> tuple[int, int]:
        """How many operations need no preparation, and their estimated bytes."""
        return self.service.engine.operations_cached()

    async def reload(
        self, supergraph: Supergraph | str | None = None, config: RouterConfig | None = None
    ) -> list[str]:
        """Replace the supergraph, the settings, or both. Running requests end on the former ones.

        Only the sections in `config.reload.RELOADABLE` change; returns the names of other sections that
        differ. Trusted documents are read again. Raises `SupergraphError` for a text that is no supergraph,
        and `RouterMisconfigured` if a subgraph has no transport; then everything stays as it was.
        """
        return await self._generations.replace(self.service, supergraph, config)

    def begin_drain(self) -> None:
        """Become not ready, and ask the clients of sockets and streams to connect elsewhere.

        Call it when the process is asked to stop.
        """
        self._is_ready = False
        self._endpoint.sockets.close_all()
        self.service.broadcast.break_off()

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        # Operations are prepared on threads. By default a busy thread keeps the interpreter for 5 ms, which
        # every request would wait for.
        sys.setswitchinterval(min(sys.getswitchinterval(), _SWITCH_SECONDS))
        tasks = [
            asyncio.create_task(self.service.subscriptions.keep_identities_fresh(), name="identity refresh")
        ]
        if self._shared.revocations is not None:
            ending = self._end_revoked(self._shared.revocations)
            tasks.append(asyncio.create_task(ending, name="revoked tokens"))
        self._shared.open()
        self._is_ready = True
        try:
            yield
        finally:
            self.begin_drain()
            await self.service.drain(self.config.subscriptions.drain_seconds)
            for task in tasks:
                task.cancel()
            await self._generations.aclose()
            await self._shared.aclose()

    async def _end_revoked(self, revocations: Revocations) -> None:
        """End the sockets and subscriptions of tokens that are revoked. Runs until cancelled.

        It acts a moment after a revocation: a socket whose token was checked just before is open by then.
        """
        ended = revocations.changes
        while True:
            known = revocations.changes
            await asyncio.sleep(_REVOCATION_SECONDS)
            if known != ended:
                ended = known
                self._endpoint.sockets.close_revoked(revocations)
                self.service.subscriptions.end_revoked(revocations)


def with_endpoint(path: str, endpoint: ASGIApp, others: ASGIApp) -> ASGIApp:
    """An app that serves `endpoint` at `path`; `others` get all other paths and the lifespan."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan" and scope["path"] == scope.get("root_path", "") + path:
            await endpoint(scope, receive, send)
        else:
            await others(scope, receive, send)

    return app


def with_cors(cors: Cors, app: ASGIApp) -> ASGIApp:
    """The app, with CORS headers if any origin is allowed."""
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


def create_app(
    supergraph: Supergraph | str,
    transports: Mapping[str, SubgraphTransport] | None = None,
    config: RouterConfig | None = None,
    *,
    extras: Extras | None = None,
    engine_factory: EngineFactory | None = None,
) -> RouterApp:
    """Return the router for a supergraph (its SDL, or loaded), as an ASGI app.

    `transports` are by subgraph name, for subgraphs that are not reached by their URL; the app closes them.
    Raises `SupergraphError` and `RouterMisconfigured` at once, never later.
    """
    settings = config or RouterConfig()
    check_extras(settings)
    model = load_supergraph(supergraph) if isinstance(supergraph, str) else supergraph
    return RouterApp(model, transports or {}, settings, extras or Extras(), engine_factory)
