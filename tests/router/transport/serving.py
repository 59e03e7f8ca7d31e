"""Serves an app by uvicorn on a free port, within the test's own event loop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol

import uvicorn
from starlette.types import Receive, Scope, Send


class Drainable(Protocol):
    """An app that can be told that it ends soon."""

    def begin_drain(self) -> None: ...

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None: ...


@asynccontextmanager
async def served(
    app: Drainable, sockets: type[asyncio.Protocol] | None = None, port: int = 0
) -> AsyncIterator[str]:
    """The URL of a running server; it is stopped at the end. `sockets` speaks WebSocket."""
    listener = socket.create_server(("127.0.0.1", port), backlog=2048)
    config = uvicorn.Config(
        app,
        log_level="error",
        ws=sockets or "websockets-sansio",
        ws_ping_interval=None,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    started = asyncio.Event()
    startup = server.startup

    async def start(sockets: list[socket.socket] | None = None) -> None:
        await startup(sockets)
        started.set()

    server.startup = start  # type: ignore[method-assign]  # uvicorn tells nobody that it has started
    serving = asyncio.create_task(server._serve([listener]))
    await started.wait()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        app.begin_drain()
        server.should_exit = True
        await serving
        listener.close()
