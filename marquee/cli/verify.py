"""`marquee verify`: every invariant about seats, money and points."""

from __future__ import annotations

import asyncio
from pathlib import Path

import click

from marquee.cli import fail
from marquee.cli.options import DATA_DIR, settings_or_fail


@click.command()
@DATA_DIR
@click.option(
    "--bank",
    metavar="PLACE",
    help="The provider's books: a bank.sqlite or its folder, or `api` to ask the provider that the settings "
    "name. Without it: the simulated bank's, wherever the settings put it.",
)
def command(data_dir: Path | None, bank: str | None) -> None:
    """Check every invariant about seats, money and points; exit 1 when one does not hold.

    The cinema may be running meanwhile. Reads the stores that the settings name: SQLite files, or
    PostgreSQL.
    """
    from marquee.verify import NoStores, verify_cinema
    from subgraphs.payments.provider.gateway import ProviderFault

    try:
        invariants = asyncio.run(verify_cinema(settings_or_fail(data_dir=data_dir), bank))
    except NoStores as error:
        fail(str(error))
    except ProviderFault as error:
        fail(f"The payment provider does not show its books: {error}")
    for invariant in invariants:
        click.echo(str(invariant))
    broken = sum(not invariant.holds for invariant in invariants)
    if broken:
        fail(f"{broken} of {len(invariants)} invariants do not hold.", code=1)
    click.echo(f"All {len(invariants)} invariants hold.")
