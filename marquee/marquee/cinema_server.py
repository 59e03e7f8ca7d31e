"""Serves the cinema in one process: prints the greeting, drains on the first signal, ends cleanly."""

from __future__ import annotations

import asyncio
import socket

import click

from marquee.cinema import open_cinema
from marquee.demo.data import DEMO_PASSWORD, DEMO_USERS, DemoData
from marquee_router.serving.drain import DrainingServer
from marquee_router.serving.server_config import server_config
from marquee_subgraphs.kit.settings import Settings


async def serve_cinema(
    settings: Settings, listener: socket.socket, *, demo: bool, trusted_proxies: str | None = None
) -> None:
    """Run until a signal ends it."""
    async with open_cinema(settings) as cinema:
        filling: asyncio.Task[None] | None = None
        if demo:
            data = DemoData(cinema)
            await data.prepare()
            filling = asyncio.create_task(data.fill(), name="demo data")
        try:
            await DrainingServer(
                server_config(cinema.app, trusted_proxies=trusted_proxies),
                begin_drain=cinema.begin_drain,
                after_start=lambda: click.echo(greeting(listener, settings, demo=demo)),
            ).serve(sockets=[listener])
        finally:
            if filling is not None:
                filling.cancel()
                await asyncio.gather(filling, return_exceptions=True)


def greeting(listener: socket.socket, settings: Settings, *, demo: bool) -> str:
    """The first lines of output: the addresses, the demo users, the data folder."""
    host, port = listener.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        host = "localhost"
    url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    lines = [
        f"Marquee is open:     {url}/",
        f"GraphiQL and API:    {url}/graphql",
        f"Health and metrics:  {url}/health  {url}/ready  {url}/metrics",
    ]
    if demo:
        lines.append(f"Demo users:          {', '.join(DEMO_USERS)}")
        lines.append(f"Their password:      {DEMO_PASSWORD}")
    lines.append(f"Data:                {settings.data_dir} (Ctrl-C ends; data stay)")
    return "\n".join(lines)
