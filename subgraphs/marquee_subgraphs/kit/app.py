"""`Subgraph`: one subgraph as the composition root sees it, whether nine share a process or each has its own.

`build(runtime)` of a subgraph's `app.py` returns it without touching disk or network, so that its
schema can be printed; `start` opens what it needs. Of several in one process, all `start` before any
`speak`s, so that no event is published before its queues are bound.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from marquee_subgraphs.kit.backend import Backend
from marquee_subgraphs.kit.database import Database
from marquee_subgraphs.kit.database.skew import MOST_SKEW_SECONDS, clock_skew_seconds
from marquee_subgraphs.kit.events import ServiceEvents
from marquee_subgraphs.kit.graphql.endpoint import SubgraphEndpoint
from marquee_subgraphs.kit.graphql.schema import SubgraphSchema
from marquee_subgraphs.kit.health import Health
from marquee_subgraphs.kit.idempotency import Idempotency
from marquee_subgraphs.kit.probes import store_probe
from marquee_subgraphs.kit.runtime import Runtime
from marquee_subgraphs.kit.supervisor import BackgroundTask, Supervisor
from marquee_subgraphs.kit.telemetry import METRICS_CONTENT_TYPE
from marquee_subgraphs.kit.version import VERSION

_IDEMPOTENCY_KEYS_KEPT: Final = timedelta(days=30)

_CHECK_SECONDS: Final = 2.0
"""A part that takes longer to answer is not ready; probes themselves wait little longer."""

Check = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Wiring:
    """What a subgraph's `wire` made: its service, and what must run and answer beside it."""

    service: Any
    """What resolvers find as `info.context.service`."""
    backend: Backend | None = None
    """The SQL store and the events; readiness asks both."""
    database: Database | None = None
    events: ServiceEvents | None = None
    tasks: Sequence[BackgroundTask] = ()
    routes: Sequence[BaseRoute] = ()
    checks: Mapping[str, Check] = field(default_factory=dict)
    """More of readiness: each returns when its part works, or raises."""


Wire = Callable[[Runtime, AsyncExitStack], Awaitable[Wiring]]
"""Opens what a subgraph needs, pushing on the stack whatever must be closed again."""


def database_check(database: Database) -> Check:
    """A readiness check that asks the database something small."""

    async def check() -> None:
        async with database.read() as connection:
            await connection.scalar(select(1))

    return check


def readiness_status(parts: Iterable[str]) -> str:
    """`ready` when every part is `ok`, `degraded` when the others are done without, else `not ready`."""
    states = set(parts)
    if states <= {"ok"}:
        return "ready"
    return "degraded" if states <= {"ok", "degraded"} else "not ready"


async def _state(check: Check) -> str:
    try:
        async with asyncio.timeout(_CHECK_SECONDS):
            await check()
    except Exception as error:  # noqa: BLE001  # an edge: any failure means "not ready"
        return type(error).__name__
    return "ok"


class Subgraph:
    """A subgraph with its schema, its ASGI application and its life."""

    def __init__(self, runtime: Runtime, *, name: str, port: int, schema: SubgraphSchema, wire: Wire) -> None:
        self.name = name
        self.port = port
        self.schema = schema
        self.service: Any = None
        """The wired service while started, for demo data and `verify`; None before."""
        self.database: Database | None = None
        """The SQL store while started, when there is one."""
        self.events: ServiceEvents | None = None
        """Outbox, relay and consumer while started, when there are any."""
        self._runtime = runtime
        self._wire = wire
        self._stack: AsyncExitStack | None = None
        self._draining = False
        self._since = runtime.clock.now()
        self._checks: Mapping[str, Check] = {}
        self._endpoint: SubgraphEndpoint[Any] | None = None
        self._other: ASGIApp = self._routes(())

    @property
    def sdl(self) -> str:
        """The schema in SDL with its federation directives, as `_service { sdl }` answers it."""
        return self.schema.as_str()

    async def start(self) -> None:
        """Open stores, start tasks and listen to events; what was opened is closed again when a part
        fails.
        """
        if self._stack is not None:
            raise RuntimeError(f"{self.name} is started already")
        self._since = self._runtime.clock.now()
        async with AsyncExitStack() as stack:
            wiring = await self._wire(self._runtime, stack)
            if wiring.backend is not None:
                backend = wiring.backend
                wiring = replace(wiring, database=backend.database, events=backend.events)
            if wiring.events is not None:
                stack.push_async_callback(wiring.events.close)
                await wiring.events.listen()
            supervisor = Supervisor(self._runtime.logger(self.name))
            stack.push_async_callback(supervisor.close)
            supervisor.start([*wiring.tasks, *self._housekeeping(wiring.database)])
            if wiring.database is not None:
                stack.callback(self._watch(wiring.database, outbox=wiring.events is not None))
            self._stack = stack.pop_all()
        self.service = wiring.service
        self.database = wiring.database
        self.events = wiring.events
        self._checks = dict(wiring.checks)
        if wiring.database is not None:
            self._checks["database"] = database_check(wiring.database)
        self._other = self._routes(wiring.routes)
        self._endpoint = SubgraphEndpoint(
            self.schema,
            wiring.service,
            self._runtime.identity,
            self._runtime.clock,
            self._runtime.telemetry.of(self.name),
            self.health,
        )

    def speak(self) -> None:
        """Publish the events that wait, and those that come."""
        if self.events is not None:
            self.events.speak()

    def begin_drain(self) -> None:
        """Not ready any more, so that nobody sends new work; what is under way is finished."""
        self._draining = True

    async def stop(self) -> None:
        """Stop tasks and consumers, then close the stores. Does nothing when not started."""
        stack, self._stack = self._stack, None
        self._endpoint = None
        self.service = self.database = self.events = None
        if stack is not None:
            await stack.aclose()

    async def readiness(self) -> dict[str, str]:
        """Ask every part; its answer is `ok`, the kind of its failure, or `degraded` of a part that the
        subgraph does without. `readiness_status` sums them up.
        """
        if self._endpoint is None:
            return {"subgraph": "not started"}
        if self._draining:
            return {"subgraph": "draining"}
        states = await asyncio.gather(*[_state(check) for check in self._checks.values()])
        parts = dict(zip(self._checks, states, strict=True))
        if self.events is not None:
            parts["events"] = "ok" if self.events.connected else "degraded"
        if self._runtime.redis is not None:
            parts["redis"] = "degraded" if await self._runtime.redis.is_away() else "ok"
        if self.database is not None:
            parts |= await self._clock_part(self.database)
        return parts

    async def _clock_part(self, database: Database) -> dict[str, str]:
        """`clock`, where the store has one of its own.

        A wrong one makes holds and signatures end too early or too late. That is for people to correct; who
        serves badly is better than nobody.
        """
        try:
            async with asyncio.timeout(_CHECK_SECONDS):
                skew = await clock_skew_seconds(database, self._runtime.clock)
        except Exception:  # noqa: BLE001  # an edge: the part `database` tells what is wrong
            return {}
        if skew is None:
            return {}
        return {"clock": "ok" if abs(skew) <= MOST_SKEW_SECONDS else "degraded"}

    async def health(self) -> Health:
        """Ask every part, for `systemHealth`."""
        return Health(await self.readiness(), VERSION, self._since)

    @property
    def asgi(self) -> ASGIApp:
        """The ASGI application: the subgraph itself."""
        return self

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve in process once started, or alone under a server, which starts and stops it by its
        lifespan.
        """
        if scope["type"] != "lifespan" and scope["path"] == "/graphql":
            if self._endpoint is not None:
                await self._endpoint(scope, receive, send)
                return
            if scope["type"] == "http":
                await JSONResponse({"status": "starting"}, 503)(scope, receive, send)
                return
        await self._other(scope, receive, send)

    def _watch(self, database: Database, *, outbox: bool) -> Callable[[], None]:
        telemetry = self._runtime.telemetry
        return telemetry.add_probe(
            store_probe(telemetry.of(self.name), database, self._runtime.clock, outbox=outbox)
        )

    def _housekeeping(self, database: Database | None) -> list[BackgroundTask]:
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
        self.speak()
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
