"""The cinema to be loaded, in one of its layouts: `embedded`, one process on SQLite, or `production`, the
processes of `docker-compose.yml` on this machine, on PostgreSQL, Redis, RabbitMQ, behind nginx.

Starts it on temporary folders, ends it, and has `marquee verify` look at what is left.
"""

from __future__ import annotations

import asyncio
import re
import tempfile
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from bench.counters import Counters, Stores
from bench.cpu import cpu_seconds
from bench.process import Server, ServerFailed, run, serving
from deploy.local import LocalStack, StartFailed

Layout = Literal["embedded", "production"]
LAYOUTS: Final[tuple[Layout, ...]] = ("embedded", "production")
EMBEDDED: Final = "the cinema"
"""The name of its one process."""
SETTLED_SHARE: Final = 0.05
"""A process is settled when its CPU use is within this share of a core of its idle use."""
_QUIET_SECONDS: Final = 120.0
_IDLE_SECONDS: Final = 4.0


@dataclass(frozen=True, slots=True)
class Cinema:
    """A cinema that runs; `url` has no path."""

    layout: Layout
    url: str
    router_url: str
    """The address of a router, for sockets: nginx allows few of them for one client address."""
    pids: Mapping[str, int]
    stores: Stores | None

    def cpu_seconds(self) -> dict[str, float]:
        """CPU time of each of its processes since it began."""
        return cpu_seconds(self.pids)

    async def counters(self) -> Counters:
        """What its stores have counted; nothing in the embedded layout."""
        return {} if self.stores is None else await self.stores.counters()

    async def settled(self) -> None:
        """Wait until nothing is left to do in the background. Raises `TimeoutError`."""
        async with asyncio.timeout(_QUIET_SECONDS):
            before = None
            while True:
                seen = sum(self.cpu_seconds().values()), await self.counters()
                if before is not None and _is_quiet(before, seen, self.stores is not None):
                    return
                before = seen
                await asyncio.sleep(1.0)

    async def idle(self) -> dict[str, float]:
        """The share of a core that each process uses without any request."""
        before = self.cpu_seconds()
        await asyncio.sleep(_IDLE_SECONDS)
        after = self.cpu_seconds()
        return {name: (after[name] - before[name]) / _IDLE_SECONDS for name in before}


def _is_quiet(before: tuple[float, Counters], now: tuple[float, Counters], counted: bool) -> bool:
    if counted:
        names = ("events published", "deliveries taken", "events waiting")
        return now[1]["events waiting"] == 0 and all(before[1][name] == now[1][name] for name in names)
    return now[0] - before[0] < SETTLED_SHARE


async def load(
    layout: Layout, work: Callable[[Cinema], Awaitable[str]], replicas: Mapping[str, int] | None = None
) -> str:
    """What `work` reports of a cinema of its own, and what `marquee verify` found afterwards.

    Raises `ServerFailed`.
    """
    if layout == "embedded":
        with tempfile.TemporaryDirectory(prefix="marquee-bench-") as folder:
            async with serving("marquee", "up", "--port", "0", "--data-dir", folder) as server:
                report = await work(_embedded(server))
            verdict = await run("marquee", "verify", "--data-dir", folder)
    else:
        try:
            async with LocalStack(replicas=replicas) as stack:
                report = await work(await _production(stack))
                code, verdict = await stack.run("demo", "verify")
        except StartFailed as failure:
            raise ServerFailed(str(failure)) from failure
        if code:
            raise ServerFailed(f"{report}\n\n{verdict}")
    return f"{report}\n\n`marquee verify`, afterwards: {verdict.strip().splitlines()[-1]}"


def _embedded(server: Server) -> Cinema:
    return Cinema("embedded", server.url, server.url, {EMBEDDED: server.pid}, None)


async def _production(stack: LocalStack) -> Cinema:
    environment = stack.environment("demo")
    pids = {name: process.pid for name, process in stack.processes.items()}
    stores = Stores(
        environment["MARQUEE_POSTGRES_URL"], re.sub(r"/\d+$", "", environment["MARQUEE_REDIS_URL"])
    )
    return Cinema("production", stack.url, stack.process("router-1").url, pids, stores)
