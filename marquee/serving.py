"""Serves a cinema by uvicorn: greets, drains on the first signal, ends cleanly."""

from __future__ import annotations

import asyncio
import socket
from types import FrameType

import click
import uvicorn

from marquee.cinema import Cinema, open_cinema
from marquee.demo.data import DEMO_PASSWORD, DEMO_USERS, DemoData
from subgraphs.kit.settings import Settings


class CinemaServer(uvicorn.Server):
    """Greets once it answers; tells the app to drain as soon as it is asked to stop."""

    def __init__(self, cinema: Cinema, listener: socket.socket, *, demo: bool) -> None:
        super().__init__(
            uvicorn.Config(
                cinema.app,
                log_level="warning",
                access_log=False,
                timeout_graceful_shutdown=10,
                ws="websockets-sansio",
                ws_per_message_deflate=False,
                ws_ping_interval=None,  # the GraphQL protocols have pings of their own
                server_header=False,
            )
        )
        self._cinema = cinema
        self._listener = listener
        self._demo = demo

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then greet."""
        await super().startup(sockets)
        if self.started:
            click.echo(greeting(self._listener, self._cinema.runtime.settings, demo=self._demo))

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Drain, then stop; a second signal stops at once."""
        self._cinema.app.begin_drain()
        super().handle_exit(sig, frame)


async def serve_cinema(settings: Settings, listener: socket.socket, *, demo: bool) -> None:
    """Run until a signal ends it."""
    async with open_cinema(settings) as cinema:
        filling: asyncio.Task[None] | None = None
        if demo:
            data = DemoData(cinema)
            await data.prepare()
            filling = asyncio.create_task(data.fill(), name="demo data")
        try:
            await CinemaServer(cinema, listener, demo=demo).serve(sockets=[listener])
        finally:
            if filling is not None:
                filling.cancel()
                await asyncio.gather(filling, return_exceptions=True)


def greeting(listener: socket.socket, settings: Settings, *, demo: bool) -> str:
    """The first lines: where to look, and as whom."""
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
