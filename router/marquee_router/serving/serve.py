"""Serves a router alone by uvicorn: reloads what changed, drains on SIGTERM, closes sockets politely."""

from __future__ import annotations

import socket
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import click

from marquee_router import Extras, RouterApp, create_app
from marquee_router.config.model import RouterConfig
from marquee_router.observability.logs import configure_logs
from marquee_router.serving.drain import DrainingServer, collect_and_freeze, run, server_config
from marquee_router.serving.reload import Reloader
from marquee_router.serving.supergraph_source import SupergraphSource
from marquee_router.serving.worker_metrics import WorkerMetrics
from marquee_router.serving.workers import run_workers


@dataclass(frozen=True, slots=True)
class Serving:
    """How a router is served."""

    source: SupergraphSource
    """It has told its text once."""
    config_file: Path | None
    hot_reload: bool
    workers: int = 1
    trusted_proxies: str | None = None


def serve_router(sdl: str, config: RouterConfig, listener: socket.socket, serving: Serving) -> int:
    """Run until a signal ends it; the exit code. Raises `SupergraphError`, `RouterMisconfigured` before it
    listens.

    Workers are copies of one app, so they sign with one key.
    """
    configure_logs(config.logs)
    if serving.workers > 1:
        return _serve_by_workers(sdl, config, listener, serving)
    app = create_app(sdl, config=config, extras=Extras(after_retirement=collect_and_freeze))
    _serve(app, listener, serving, tell=True)
    return 0


def _serve_by_workers(sdl: str, config: RouterConfig, listener: socket.socket, serving: Serving) -> int:
    metrics = WorkerMetrics(serving.workers)
    extras = Extras(after_retirement=collect_and_freeze, metrics_page=metrics.page)
    try:
        app = create_app(sdl, config=config, extras=extras)

        def work(index: int, is_replacement: bool) -> None:
            beside = metrics.at(index, app.metrics.exposition)
            tell = index == 0 and not is_replacement
            _serve(app, listener, serving, tell=tell, late=is_replacement, beside=beside)

        # Connections would else go on being taken here, by nobody.
        return run_workers(work, serving.workers, at_end=listener.close)
    finally:
        metrics.close()


def _serve(
    app: RouterApp,
    listener: socket.socket,
    serving: Serving,
    *,
    tell: bool,
    late: bool = False,
    beside: AbstractAsyncContextManager[None] | None = None,
) -> None:
    """Serve, and be in `beside` meanwhile; `late`, when the app may be older than what there is to serve."""
    host, port = listener.getsockname()[:2]

    def greet() -> None:
        if tell:
            click.echo(f"The router listens on http://{host}:{port}/graphql")

    async def serve() -> None:
        config = server_config(app, trusted_proxies=serving.trusted_proxies)
        server = DrainingServer(config, begin_drain=app.begin_drain, tell=greet)
        reloader = Reloader(app, serving.source, serving.config_file)
        if late:
            await reloader.reload()
        async with beside or nullcontext(), reloader.running(hot=serving.hot_reload):
            await server.serve(sockets=[listener])

    run(serve())
