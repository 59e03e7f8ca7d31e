"""Serves a router alone by uvicorn: ends cleanly on SIGTERM, sockets closed politely."""

from __future__ import annotations

import socket

import click

from marquee.draining import DrainingServer, run, server_config
from router import create_app
from router.config.model import RouterConfig
from router.observability.logs import configure_logs


def serve_router(sdl: str, config: RouterConfig, listener: socket.socket) -> None:
    """Run until a signal ends it. Raises `SupergraphError`, `RouterMisconfigured` before it listens."""
    configure_logs(config.logs)
    app = create_app(sdl, config=config)
    host, port = listener.getsockname()[:2]
    server = DrainingServer(
        server_config(app),
        begin_drain=app.begin_drain,
        tell=lambda: click.echo(f"The router listens on http://{host}:{port}/graphql"),
    )
    run(server.serve(sockets=[listener]))
