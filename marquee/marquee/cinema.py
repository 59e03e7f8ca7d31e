"""The whole cinema in one process: nine subgraphs, the router before them, pages around. Wiring only."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from marquee.film_cache import film_cache, invalidate_on_changes
from marquee.pages import page_routes
from marquee.resources import EXAMPLES, supergraph_file
from marquee.subgraphs import NAMES, build_subgraph, open_runtime
from marquee_router import Extras, RouterApp, create_app
from marquee_router.config.model import (
    Authentication,
    ClientHeaders,
    GraphiQl,
    Issuer,
    Logs,
    Rate,
    RateLimits,
    RouterConfig,
    Subscriptions,
)
from marquee_router.execution.in_process import InProcessTransport
from marquee_router.instrumentation import Tracer
from marquee_router.observability.tracing import TraceContext
from marquee_router.transport.graphiql import read_examples
from marquee_subgraphs.kit.app import Subgraph
from marquee_subgraphs.kit.identity_keys import FixedKeys, ed25519_keys
from marquee_subgraphs.kit.runtime import Runtime
from marquee_subgraphs.kit.settings import Settings
from marquee_subgraphs.kit.telemetry import Telemetry

USERS_ISSUER: Final = "marquee-users"
AUDIENCE: Final = "marquee"


@dataclass(frozen=True, slots=True)
class Cinema:
    """A running cinema; `app` is what a web server serves."""

    app: RouterApp
    runtime: Runtime
    subgraphs: Mapping[str, Subgraph]

    def begin_drain(self) -> None:
        """Report every part as not ready, and ask open sockets to reconnect elsewhere."""
        self.app.begin_drain()
        for subgraph in self.subgraphs.values():
            subgraph.begin_drain()

    def service(self, name: str) -> Any:
        """The use cases of a subgraph, for demo data."""
        return self.subgraphs[name].service


LOOPBACK: Final = (ip_network("127.0.0.0/8"), ip_network("::1"))


def router_config(settings: Settings) -> RouterConfig:
    """The router's settings for the cinema in one process; `deploy/router.yaml` has the same for many."""
    return RouterConfig(
        authentication=Authentication(issuers=(Issuer(issuer=USERS_ISSUER, audiences=(AUDIENCE,)),)),
        subscriptions=Subscriptions(public_fields=("seatMapChanged",)),
        client_headers=ClientHeaders(address="x-marquee-client-address", device="x-marquee-client-device"),
        rate_limits=rate_limits(settings),
        logs=Logs(requests=settings.log_level == "debug"),
        graphiql=GraphiQl(title="Marquee"),
        mask_subgraph_errors=False,  # subgraphs mask their faults; their other messages are for clients
    )


def rate_limits(settings: Settings) -> RateLimits:
    """Limits that a busy family behind one address does not reach; clients on this machine have none."""
    return RateLimits(
        per_address=Rate(limit=6_000),
        per_user=Rate(limit=1_200),
        fields={
            "login": Rate(limit=60),
            "registerUser": Rate(limit=30),
            "holdSeats": Rate(limit=240),
            "placeOrder": Rate(limit=120),
            "payOrder": Rate(limit=120),
        },
        exempt_addresses=LOOPBACK,
        redis_url=settings.redis_url,
        redis_prefix=f"{settings.redis_prefix}-router",
    )


@asynccontextmanager
async def open_cinema(settings: Settings) -> AsyncIterator[Cinema]:
    """Start every subgraph and make the router's app; all are stopped and closed when the block ends."""
    # The subgraphs verify what the router signs, and the router is made after them.
    keys = FixedKeys()
    async with AsyncExitStack() as stack:
        runtime = await stack.enter_async_context(open_runtime(settings, keys))
        subgraphs = {name: build_subgraph(name, runtime) for name in NAMES}
        app = _router(subgraphs, settings, runtime.telemetry)
        assert app.signer is not None, "the identity to subgraphs is never switched off here"
        keys.replace(ed25519_keys(app.signer.jwks))
        for subgraph in subgraphs.values():
            await subgraph.start()
            stack.push_async_callback(subgraph.stop)
        # Before any event is published, so that the cache misses none.
        if app.cache is not None:
            await invalidate_on_changes(runtime.broker, app.cache, stack)
        for subgraph in subgraphs.values():
            subgraph.start_publishing()
        yield Cinema(app, runtime, subgraphs)


def _router(subgraphs: Mapping[str, Subgraph], settings: Settings, telemetry: Telemetry) -> RouterApp:
    users = subgraphs["users"]

    async def user_keys() -> Mapping[str, Any]:
        jwks: Mapping[str, Any] = users.service.jwks
        return jwks

    return create_app(
        supergraph_file().read_text(encoding="utf-8"),
        transports={name: InProcessTransport(subgraph.asgi) for name, subgraph in subgraphs.items()},
        # In many processes the router has no cache of films: it could not consume their events.
        config=router_config(settings).model_copy(update={"cache": film_cache(settings)}),
        extras=Extras(
            jwks={USERS_ISSUER: user_keys},
            revocations=_EndedSessions(users),
            identity_key=Ed25519PrivateKey.generate(),
            tracer=_tracer(telemetry),
            registry=telemetry.registry,
            before_scrape=telemetry.refresh,
            routes=page_routes(subgraphs),
            examples=read_examples(EXAMPLES),
        ),
    )


@dataclass(frozen=True, slots=True)
class _EndedSessions:
    """The ended sessions that `users` knows, for the router in the same process."""

    users: Subgraph

    @property
    def changes(self) -> int:
        """Number of sessions that have ended since `users` started."""
        service = self.users.service
        return 0 if service is None else int(service.ended_sessions.changes)

    def is_revoked(self, claims: Mapping[str, Any]) -> bool:
        """True if the session of the token has ended; False for every token while `users` is down."""
        service = self.users.service
        return service is not None and bool(service.ended_sessions.is_revoked(claims))


def _tracer(telemetry: Telemetry) -> Tracer:
    """The router's tracer. It does not continue traces of clients: they could claim any trace id."""
    tracer = telemetry.tracer("router")
    if tracer is None:
        return TraceContext(accept=False)
    from marquee_router.observability.spans import OpenTelemetryTracer

    return OpenTelemetryTracer(tracer, accept=False)
