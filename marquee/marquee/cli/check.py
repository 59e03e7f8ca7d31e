"""`marquee check`: what `./test` checks before it runs any test."""

from __future__ import annotations

import importlib.util

import click

from marquee_router.cli.failure import fail


@click.command()
def command() -> None:
    """Format, lint, types, imports, schema drift: what ./test checks first."""
    if importlib.util.find_spec("ruff") is None:
        fail("The checkers are not installed: run ./test once, which installs them.")
    from tests.__main__ import CHECKS, run

    for name, arguments in CHECKS:
        run(name, arguments)
