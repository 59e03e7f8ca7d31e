"""Serves a router alone by uvicorn: ends cleanly on SIGTERM, sockets closed politely."""

from __future__ import annotations

import socket

import click

from marquee.draining import DrainingServer, run, server_config
from marquee.workers import run_workers
from router import RouterApp, create_app
from router.config.model import RouterConfig
from router.observability.logs import configure_logs


def serve_router(
    sdl: str,
    config: RouterConfig,
    listener: socket.socket,
    workers: int = 1,
    trusted_proxies: str | None = None,
) -> int:
    """Run until a signal ends it; the exit code. Raises `SupergraphError`, `RouterMisconfigured` before it
    listens.

    Workers are copies of one app, so they sign with one key.
    """
    configure_logs(config.logs)
    app = create_app(sdl, config=config)
    if workers > 1:
        return run_workers(lambda index: _serve(app, listener, trusted_proxies, tell=index == 0), workers)
    _serve(app, listener, trusted_proxies, tell=True)
    return 0


def _serve(app: RouterApp, listener: socket.socket, trusted_proxies: str | None, *, tell: bool) -> None:
    host, port = listener.getsockname()[:2]

    def greet() -> None:
        if tell:
            click.echo(f"The router listens on http://{host}:{port}/graphql")

    config = server_config(app, trusted_proxies=trusted_proxies)
    server = DrainingServer(config, begin_drain=app.begin_drain, tell=greet)
    run(server.serve(sockets=[listener]))
