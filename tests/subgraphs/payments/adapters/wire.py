"""A real socket before an ASGI application, that can fail as networks, proxies and busy providers do."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, Literal

from aiohttp import web

from marquee_subgraphs.payments.adapters.in_process import AsgiApp, call

Fault = Literal[
    "cut before", "cut after", "late", "half", "status 500", "status 429", "page", "page 404", "nonsense"
]
"""`late` is held until `Wire.let_go`; `cut before` alone keeps the request from the application."""
FAULTS: Final[tuple[Fault, ...]] = (
    "cut before",
    "cut after",
    "late",
    "half",
    "status 500",
    "status 429",
    "page",
    "page 404",
    "nonsense",
)
_BUSY: Final = '{"error": {"type": "api_error", "message": "busy"}}'


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it came over the wire."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(slots=True)
class Wire:
    """The server; each of `faults` befalls one request to the API, in order."""

    app: AsgiApp
    url: str = ""
    faults: deque[Fault] = field(default_factory=deque)
    seen: list[Seen] = field(default_factory=list)
    held: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when an answer is being held."""
    befell: asyncio.Event = field(default_factory=asyncio.Event)
    """Set at each fault."""
    _let_go: asyncio.Event = field(default_factory=asyncio.Event)

    def let_go(self) -> None:
        """Send the answers that are held."""
        self._let_go.set()

    def keys(self) -> list[str]:
        """The idempotency keys that came, in order."""
        return [seen.headers["Idempotency-Key"] for seen in self.seen if "Idempotency-Key" in seen.headers]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        body = await request.read()
        self.seen.append(Seen(request.method, request.path, request.headers, body))
        fault = self.faults.popleft() if self.faults and request.path.startswith("/v1/") else None
        if fault is not None:
            self.befell.set()
        if fault == "cut before":
            return _cut(request)
        page, status, headers = await call(
            self.app, request.method, f"{self.url}{request.path_qs}", request.headers, body
        )
        kept = {name: value for name, value in headers.items() if name.lower() != "content-length"}
        match fault:
            case "cut after":
                return _cut(request)
            case "late":
                self.held.set()
                await self._let_go.wait()
            case "half":
                answer = web.StreamResponse(status=status, headers={"Content-Length": str(len(page))})
                await answer.prepare(request)
                await answer.write(page[: len(page) // 2])
                return _cut(request)
            case "status 500" | "status 429":
                return web.Response(
                    status=int(fault[-3:]), text=_BUSY, headers={"Content-Type": "application/json"}
                )
            case "page" | "page 404":
                return web.Response(status=404 if fault == "page 404" else 200, text="<html>sorry</html>")
            case "nonsense":
                return web.json_response({"object": "cat"})
            case _:
                pass
        return web.Response(status=status, body=page, headers=kept)


def _cut(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


@asynccontextmanager
async def wired(app: AsgiApp) -> AsyncIterator[Wire]:
    """Serve an application on a free port."""
    wire = Wire(app)
    site_app = web.Application()
    site_app.router.add_route("*", "/{path:.*}", wire.handle)
    runner = web.AppRunner(site_app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    wire.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield wire
    finally:
        wire.let_go()
        await runner.cleanup()
