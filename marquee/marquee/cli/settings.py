"""`marquee settings`: every variable, its default, its meaning."""

from __future__ import annotations

import click


@click.command()
def command() -> None:
    """Print the table of settings."""
    from marquee_subgraphs.kit.settings import settings_table

    click.echo(settings_table())
