"""`marquee admin EMAIL`: the first admin of an installation."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import click

from marquee.cli.options import DATA_DIR, settings_or_fail
from marquee_router.cli.failure import fail


@click.command()
@click.argument("email")
@click.option("--name", default="Administrator", show_default=True, help="The name of a new account.")
@DATA_DIR
def command(email: str, name: str, data_dir: Path | None) -> None:
    """Make the first admin of an installation.

    An account that is there is given the role, and its sessions end. For a new one the password is asked
    for, or read from the first line of standard input. The cinema may be running meanwhile.
    """
    from marquee.first_admin import has_account, make_admin
    from marquee_subgraphs.kit.refusals import Refusal

    settings = settings_or_fail(data_dir=data_dir)
    password = None if asyncio.run(has_account(settings, email)) else _password()
    try:
        user = asyncio.run(make_admin(settings, email, name=name, password=password))
    except Refusal as refusal:
        fail(str(refusal), code=1)
    click.echo(f"{user.email} is an admin.")


def _password() -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Password", hide_input=True, confirmation_prompt=True))
    return sys.stdin.readline().rstrip("\n")
