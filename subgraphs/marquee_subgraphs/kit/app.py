"""`Subgraph`: one subgraph as the composition root sees it, whether nine share a process or each has its own.

`build(runtime)` of a subgraph's `app.py` returns it without touching disk or network, so that its
schema can be printed; `start` opens what it needs. Of several in one process, all `start` before any
`start_publishing`, so that no event is published before its queues are bound.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from marquee_subgraphs.kit.backend import Backend
from marquee_subgraphs.kit.database import Database
from marquee_subgraphs.kit.events import ServiceEvents
from marquee_subgraphs.kit.graphql.endpoint import SubgraphEndpoint
from marquee_subgraphs.kit.graphql.schema import SubgraphSchema
from marquee_subgraphs.kit.health import Health
from marquee_subgraphs.kit.idempotency import Idempotency
from marquee_subgraphs.kit.readiness import Check, Readiness, readiness_status
from marquee_subgraphs.kit.runtime import Runtime
from marquee_subgraphs.kit.supervisor import BackgroundTask, Supervisor
from marquee_subgraphs.kit.telemetry import METRICS_CONTENT_TYPE, store_probe
from marquee_subgraphs.kit.version import VERSION

_IDEMPOTENCY_KEYS_KEPT: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Wiring:
    """What a subgraph's `wire` made: its service, and what must run and answer beside it."""

    service: Any
    """What resolvers find as `info.context.service`."""
    backend: Backend | None = None
    """The SQL store and the events, when there are any; readiness asks both."""
    tasks: Sequence[BackgroundTask] = ()
    routes: Sequence[BaseRoute] = ()
    checks: Mapping[str, Check] = field(default_factory=dict)
    """More of readiness, by the name of the part."""


Wire = Callable[[Runtime, AsyncExitStack], Awaitable[Wiring]]
"""Opens what a subgraph needs, and pushes on the stack whatever must be closed again."""


@dataclass(frozen=True, slots=True)
class _Started:
    """What exists between `start` and `stop`."""

    service: Any
    database: Database | None
    events: ServiceEvents | None
    readiness: Readiness
    endpoint: SubgraphEndpoint[Any]
    routes: ASGIApp
    stack: AsyncExitStack


class Subgraph:
    """A subgraph with its schema, its ASGI application and its life."""

    def __init__(self, runtime: Runtime, *, name: str, port: int, schema: SubgraphSchema, wire: Wire) -> None:
        self.name = name
        self.port = port
        self.schema = schema
        self._runtime = runtime
        self._wire = wire
        self._started: _Started | None = None
        self._draining = False
        self._since = runtime.clock.now()
        self._routes_before_start: ASGIApp = self._routes(())

    @property
    def sdl(self) -> str:
        """The schema in SDL with its federation directives, as `_service { sdl }` answers it."""
        return self.schema.as_str()

    @property
    def service(self) -> Any:
        """The wired service while started, for demo data and `verify`; None before."""
        return None if self._started is None else self._started.service

    @property
    def database(self) -> Database | None:
        """The SQL store while started, when there is one."""
        return None if self._started is None else self._started.database

    @property
    def events(self) -> ServiceEvents | None:
        """Outbox, relay and consumer while started, when there are any."""
        return None if self._started is None else self._started.events

    async def start(self) -> None:
        """Open stores, start tasks and consume events. When a part fails, what was opened is closed again."""
        if self._started is not None:
            raise RuntimeError(f"{self.name} is started already")
        self._since = self._runtime.clock.now()
        async with AsyncExitStack() as stack:
            wiring = await self._wire(self._runtime, stack)
            backend = wiring.backend
            database = None if backend is None else backend.database
            events = None if backend is None else backend.events
            if events is not None:
                stack.push_async_callback(events.close)
                await events.start_consuming()
            supervisor = Supervisor(self._runtime.logger(self.name))
            stack.push_async_callback(supervisor.close)
            supervisor.start([*wiring.tasks, *self._periodic_tasks(database)])
            if database is not None:
                stack.callback(self._measure(database))
            self._started = _Started(
                service=wiring.service,
                database=database,
                events=events,
                readiness=Readiness(self._runtime, wiring.checks, database, events),
                endpoint=self._endpoint(wiring.service),
                routes=self._routes(wiring.routes),
                stack=stack.pop_all(),
            )

    def start_publishing(self) -> None:
        """Publish the events that wait, and those that come."""
        if self.events is not None:
            self.events.start_publishing()

    def begin_drain(self) -> None:
        """Stop being ready, so that no new work is sent here; work under way is finished."""
        self._draining = True

    async def stop(self) -> None:
        """Stop tasks and consumers, then close the stores. Does nothing when not started."""
        started, self._started = self._started, None
        if started is not None:
            await started.stack.aclose()

    async def readiness(self) -> dict[str, str]:
        """Return the state of each part, as in `kit.readiness`; `readiness_status` sums them up."""
        if self._started is None:
            return {"subgraph": "not started"}
        if self._draining:
            return {"subgraph": "draining"}
        return await self._started.readiness.parts()

    async def health(self) -> Health:
        """Ask every part, for `systemHealth`."""
        return Health(await self.readiness(), VERSION, self._since)

    @property
    def asgi(self) -> ASGIApp:
        """The ASGI application: the subgraph itself."""
        return self

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve in process once started, or alone under a server, whose lifespan starts and stops it."""
        started = self._started
        if scope["type"] != "lifespan" and scope["path"] == "/graphql":
            if started is not None:
                await started.endpoint(scope, receive, send)
                return
            if scope["type"] == "http":
                await JSONResponse({"status": "starting"}, 503)(scope, receive, send)
                return
        routes = self._routes_before_start if started is None else started.routes
        await routes(scope, receive, send)

    def _endpoint(self, service: Any) -> SubgraphEndpoint[Any]:
        runtime = self._runtime
        telemetry = runtime.telemetry.of(self.name)
        verify_identity = partial(runtime.identity.verify, subgraph=self.name)
        return SubgraphEndpoint(self.schema, service, verify_identity, runtime.clock, telemetry, self.health)

    def _measure(self, database: Database) -> Callable[[], None]:
        telemetry = self._runtime.telemetry
        return telemetry.add_probe(store_probe(telemetry.of(self.name), database, self._runtime.clock))

    def _periodic_tasks(self, database: Database | None) -> list[BackgroundTask]:
        if database is None:
            return []
        clock = self._runtime.clock
        idempotency = Idempotency(clock)

        async def forget_idempotency_keys() -> None:
            async with database.transaction(durable=False) as tx:
                await idempotency.prune(tx, clock.now() - _IDEMPOTENCY_KEYS_KEPT)

        return [BackgroundTask("forget-idempotency-keys", forget_idempotency_keys, every_seconds=3600)]

    def _routes(self, routes: Sequence[BaseRoute]) -> Starlette:
        return Starlette(
            routes=[
                Route("/health", self._health),
                Route("/ready", self._ready),
                Route("/metrics", self._metrics),
                *routes,
            ],
            lifespan=self._lifespan,
        )

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        await self.start()
        self.start_publishing()
        try:
            yield
        finally:
            await self.stop()

    async def _health(self, _: Request) -> Response:
        return JSONResponse({"status": "ok", "subgraph": self.name})

    async def _metrics(self, _: Request) -> Response:
        return Response(await self._runtime.telemetry.exposition(), media_type=METRICS_CONTENT_TYPE)

    async def _ready(self, _: Request) -> Response:
        parts = await self.readiness()
        status = readiness_status(parts.values())
        body = {"status": status, "subgraph": self.name, "parts": parts}
        return JSONResponse(body, 503 if status == "not ready" else 200)


__all__ = ["Check", "Subgraph", "Wire", "Wiring", "readiness_status"]
