"""`marquee check`: what `./test` checks before it runs any test."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import click

from marquee.resources import CHECKOUT, is_checkout
from marquee_router.cli.failure import fail


@click.command()
def command() -> None:
    """Format, lint, types, imports, schema drift: what ./test checks first."""
    if not is_checkout():
        fail("The checks belong to a checkout of Marquee; this is an installed package.")
    if importlib.util.find_spec("ruff") is None:
        fail("The checkers are not installed: run ./test once, which installs them.")
    finished = subprocess.run([sys.executable, "-m", "tests", "--checks"], cwd=CHECKOUT, check=False)
    raise SystemExit(finished.returncode)
