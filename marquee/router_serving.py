"""Serves a router alone by uvicorn: ends cleanly on SIGTERM, sockets closed politely."""

from __future__ import annotations

import socket
from types import FrameType

import click
import uvicorn

from router import RouterApp, create_app
from router.config.model import RouterConfig
from router.observability.logs import configure_logs


class RouterServer(uvicorn.Server):
    """Tells the app to drain as soon as it is asked to stop."""

    def __init__(self, app: RouterApp, listener: socket.socket) -> None:
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            ws="websockets-sansio",
            ws_per_message_deflate=False,
            ws_ping_interval=None,  # the GraphQL protocols have pings of their own
            timeout_graceful_shutdown=10,
        )
        super().__init__(config)
        self._app = app
        self._listener = listener

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say where."""
        await super().startup(sockets)
        if self.started:
            host, port = self._listener.getsockname()[:2]
            click.echo(f"The router listens on http://{host}:{port}/graphql")

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Drain, then stop; a second signal stops at once."""
        self._app.begin_drain()
        super().handle_exit(sig, frame)


def serve_router(sdl: str, config: RouterConfig, listener: socket.socket) -> None:
    """Run until a signal ends it. Raises `SupergraphError`, `RouterMisconfigured` before it listens."""
    configure_logs(config.logs)
    app = create_app(sdl, config=config)
    RouterServer(app, listener).run(sockets=[listener])
