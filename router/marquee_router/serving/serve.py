"""`serve`: one router on one port, in one process or several, until a signal ends it.

Owns the order of a start: take the port, make the app, fork the workers, say where the router listens.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass

from marquee_router.app import RouterApp
from marquee_router.errors import RouterError
from marquee_router.serving.drain import DrainingServer
from marquee_router.serving.listener import listen
from marquee_router.serving.process import collect_and_freeze, run
from marquee_router.serving.reload import Reload, Reloader
from marquee_router.serving.server_config import server_config
from marquee_router.serving.worker_metrics import WorkerMetrics
from marquee_router.serving.workers import run_workers


class WorkersFailed(RouterError):
    """The workers ended by themselves again and again, or one of them failed while it was asked to end."""

    code = "WORKERS_FAILED"


def serve(
    app: RouterApp | Callable[[], RouterApp],
    *,
    host: str = "127.0.0.1",
    port: int = 4000,
    workers: int = 1,
    trusted_proxies: str | None = None,
    reload: Reload | None = None,
) -> None:
    """Serve an app until SIGINT or SIGTERM; requests under way are answered before this returns.

    - `app` is the app, or a function that makes it; the function is called once, after the port is taken.
    - `port` 0 takes a free one; the line that is printed names it.
    - `workers` is the number of processes that share the port. They are forked copies of one app, so they
      sign identities with one key. Start no thread and no event loop before.
    - `trusted_proxies` lists the addresses or networks, separated by commas, whose `X-Forwarded-For` is
      believed; None believes none.
    - `reload` says where a running router finds a new supergraph and new settings.

    Call it in the main thread. Raises `PortTaken`, `WorkersFailed`, and whatever the function raises.
    """
    with listen(host, port) as listener:
        made = app if isinstance(app, RouterApp) else app()
        made.hooks.after_retirement = collect_and_freeze
        process = _Process(made, listener, trusted_proxies, reload)
        if workers == 1:
            process.serve(greets=True)
        else:
            _serve_by_workers(process, workers)


@dataclass(frozen=True, slots=True)
class _Process:
    """What each process that serves the app does."""

    app: RouterApp
    listener: socket.socket
    trusted_proxies: str | None
    reload: Reload | None

    def serve(
        self,
        *,
        greets: bool,
        is_replacement: bool = False,
        beside: AbstractAsyncContextManager[None] | None = None,
    ) -> None:
        """Serve until a signal, inside `beside`. A replacement, whose app is its parent's, reloads first."""
        config = server_config(self.app, trusted_proxies=self.trusted_proxies)
        server = DrainingServer(
            config, begin_drain=self.app.begin_drain, after_start=self._greet if greets else None
        )

        async def serve() -> None:
            reloader = None if self.reload is None else Reloader(self.app, self.reload)
            if reloader is not None and is_replacement:
                await reloader.reload()
            async with beside or nullcontext(), reloader.running() if reloader else nullcontext():
                await server.serve(sockets=[self.listener])

        run(serve())

    def _greet(self) -> None:
        host, port = self.listener.getsockname()[:2]
        shown = f"[{host}]" if ":" in host else host
        print(f"The router listens on http://{shown}:{port}{self.app.config.http.path}", flush=True)


def _serve_by_workers(process: _Process, count: int) -> None:
    metrics = WorkerMetrics(count)
    process.app.hooks.combine_metrics = metrics.page
    try:

        def work(index: int, is_replacement: bool) -> None:
            beside = metrics.at(index, process.app.metrics.exposition)
            greets = index == 0 and not is_replacement
            process.serve(greets=greets, is_replacement=is_replacement, beside=beside)

        # The parent closes its listener at the end: connections that it would accept, nobody would answer.
        if run_workers(work, count, at_end=process.listener.close):
            raise WorkersFailed("The workers ended by themselves again and again; so did the router.")
    finally:
        metrics.close()
