"""`marquee up`: the whole cinema in one process."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from pathlib import Path

import click

from marquee.cli import fail


@click.command()
@click.option("--host", help="Address to listen on [MARQUEE_HOST, 127.0.0.1].")
@click.option("--port", type=int, help="Port to listen on; 0 takes a free one [MARQUEE_PORT, 8080].")
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the embedded stores [MARQUEE_DATA_DIR, .marquee].",
)
@click.option("--no-demo", is_flag=True, help="Start empty: no films, no showtimes, no demo users.")
def command(host: str | None, port: int | None, data_dir: Path | None, no_demo: bool) -> None:
    """Run the whole cinema in one process: the page, GraphiQL, the API.

    Data survive a restart; remove the data folder to start afresh.
    """
    from subgraphs.kit.settings import SettingsError, load_settings

    given = {"host": host, "port": port, "data_dir": data_dir}
    try:
        settings = load_settings(None, **{name: value for name, value in given.items() if value is not None})
    except SettingsError as error:
        fail(f"These settings cannot be used:\n{error}")
        return
    with _listen(settings.host, settings.port) as listener:
        logging.basicConfig(level=settings.log_level.upper(), format="%(levelname)s %(name)s: %(message)s")
        from marquee.serving import serve_cinema

        with contextlib.suppress(KeyboardInterrupt):
            asyncio.run(serve_cinema(settings, listener, demo=not no_demo))


def _listen(host: str, port: int) -> socket.socket:
    """Take the port before anything else is started, so that a taken one is said at once."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        fail(
            f"Cannot listen on {host}:{port}: {error.strerror}.\n"
            f"Choose another port, as in `./run up --port {port + 1}`, or stop what uses this one."
        )
    return listener
