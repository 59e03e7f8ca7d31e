"""`marquee demo`: the demo data, in a cinema of many processes."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from marquee.cli.options import DATA_DIR, settings_or_fail
from marquee_router.cli.failure import fail

if TYPE_CHECKING:
    from marquee_subgraphs.kit.settings import Settings


@click.command()
@DATA_DIR
def command(data_dir: Path | None) -> None:
    """Put the demo data into a cinema of many processes.

    Opens the stores that the settings name, puts in what is missing, and ends; the cinema may be running
    meanwhile. `marquee up` does the same by itself.
    """
    from marquee.demo.client import DemoRefused
    from marquee.demo.data import DEMO_PASSWORD, DEMO_USERS
    from marquee_subgraphs.kit.logs import configure_logs

    settings = settings_or_fail(data_dir=data_dir)
    configure_logs(settings)
    try:
        asyncio.run(_put_in(settings))
    except (DemoRefused, TimeoutError) as error:
        fail(f"The demo data are not complete: {error}", code=1)
    click.echo("The demo data are in.")
    click.echo(f"Demo users:          {', '.join(DEMO_USERS)}")
    click.echo(f"Their password:      {DEMO_PASSWORD}")


async def _put_in(settings: Settings) -> None:
    from marquee.cinema import open_cinema
    from marquee.demo.data import DemoData

    async with open_cinema(settings) as cinema:
        await DemoData(cinema).complete()
