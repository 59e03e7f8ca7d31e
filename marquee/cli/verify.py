"""`marquee verify`: every invariant about seats, money and points."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from marquee.cli import fail


@click.command()
@click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the embedded stores [MARQUEE_DATA_DIR, .marquee].",
)
def command(data_dir: Path | None) -> None:
    """Check every invariant about seats, money and points; exit 1 when one does not hold.

    The cinema may be running meanwhile. Reads the stores that the settings name: SQLite files, or
    PostgreSQL.
    """
    from marquee.verify import NoStores, verify_cinema
    from subgraphs.kit.settings import SettingsError, load_settings

    try:
        settings = load_settings(None, **({} if data_dir is None else {"data_dir": data_dir}))
        invariants = asyncio.run(verify_cinema(settings))
    except (SettingsError, NoStores) as error:
        fail(str(error))
        return
    for invariant in invariants:
        click.echo(str(invariant))
    broken = sum(not invariant.holds for invariant in invariants)
    if broken:
        fail(f"{broken} of {len(invariants)} invariants do not hold.", code=1)
    click.echo(f"All {len(invariants)} invariants hold.")
