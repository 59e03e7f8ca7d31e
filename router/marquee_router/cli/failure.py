"""How a command ends when it cannot do what was asked."""

from __future__ import annotations

import sys
from typing import NoReturn

import click


def fail(message: str, *, code: int = 2) -> NoReturn:
    """Print a message on standard error and exit with `code`."""
    click.echo(message, err=True)
    sys.exit(code)
