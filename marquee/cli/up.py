"""`marquee up`: the whole cinema in one process."""

from __future__ import annotations

import logging
from pathlib import Path

import click

from marquee.cli import fail
from marquee.listening import PortTaken, listen


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
    try:
        listener = listen(settings.host, settings.port)
    except PortTaken as error:
        fail(str(error))
        return
    with listener:
        logging.getLogger("stripe").setLevel(logging.WARNING)  # it tells of every request
        logging.basicConfig(level=settings.log_level.upper(), format="%(levelname)s %(name)s: %(message)s")
        from marquee.draining import run
        from marquee.serving import serve_cinema

        settings = settings.model_copy(update={"port": listener.getsockname()[1]})
        run(serve_cinema(settings, listener, demo=not no_demo))
