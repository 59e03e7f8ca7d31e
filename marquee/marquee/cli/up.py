"""`marquee up`: the whole cinema in one process."""

from __future__ import annotations

from pathlib import Path

import click

from marquee.cli.options import DATA_DIR, settings_or_fail
from marquee_router.cli.failure import fail
from marquee_router.cli.options import TRUSTED_PROXIES
from marquee_router.serving.listener import PortTaken, listen


@click.command()
@click.option("--host", help="Address to listen on [MARQUEE_HOST, 127.0.0.1].")
@click.option("--port", type=int, help="Port to listen on; 0 takes a free one [MARQUEE_PORT, 8080].")
@DATA_DIR
@TRUSTED_PROXIES
@click.option("--no-demo", is_flag=True, help="Start empty: no films, no showtimes, no demo users.")
def command(
    host: str | None, port: int | None, data_dir: Path | None, trusted_proxies: str | None, no_demo: bool
) -> None:
    """Run the whole cinema in one process: the page, GraphiQL, the API.

    Data survive a restart; remove the data folder to start afresh.
    """
    settings = settings_or_fail(host=host, port=port, data_dir=data_dir)
    try:
        listener = listen(settings.host, settings.port)
    except PortTaken as error:
        fail(str(error))
    with listener:
        from marquee.cinema_server import serve_cinema
        from marquee_router.serving.process import run
        from marquee_subgraphs.kit.logs import configure_logs

        configure_logs(settings)
        settings = settings.model_copy(update={"port": listener.getsockname()[1]})
        run(serve_cinema(settings, listener, demo=not no_demo, trusted_proxies=trusted_proxies))
