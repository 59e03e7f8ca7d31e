"""The command line. Each command lives in a module of its name and is imported when it is called.

Must never hold behaviour that a library caller could want: commands parse, call and print.
"""

from __future__ import annotations

import importlib
import sys
from typing import Any, Final, NoReturn

import click

COMMANDS: Final[dict[str, str]] = {
    "up": "Run the whole cinema in one process: the page, GraphiQL, the API.",
    "subgraph": "Run one subgraph alone, for a router to reach over HTTP.",
    "bank": "Run the simulated bank alone: it speaks Stripe's API, and moves no money.",
    "router": "Run the router on any federated graph.",
    "compose": "Compose subgraphs into a supergraph, or say why they do not fit.",
    "diff": "Compare two supergraphs and name what breaks clients.",
    "plan": "Print the query plan of an operation.",
    "migrate": "Bring the tables of every store up to date, or say what is pending.",
    "demo": "Put the demo data into a cinema of many processes.",
    "admin": "Make the first admin of an installation.",
    "doctor": "Check this machine, the settings and every part they name; say what to do.",
    "verify": "Check every invariant about seats, money, points and documents.",
    "events": "List events that could not be handled, and replay them.",
    "schema": "Write the cinema's SDL files, or check that they are current.",
    "settings": "Print the table of settings.",
    "check": "Format, lint, types, imports, schema drift: what ./test checks first.",
}


class LazyCommands(click.Group):
    """A group that knows its commands' names and first lines without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order a newcomer meets them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"marquee.cli.{cmd_name}").command
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a store whose tables the code does not work on is told of, not traced."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            from marquee_subgraphs.kit.database.errors import (
                StoreUnusable,
            )  # loaded when something went wrong only

            if not isinstance(error, StoreUnusable):
                raise
            fail(str(error), code=1)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List them without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.command(
    cls=LazyCommands,
    epilog="`marquee COMMAND --help` tells more. `./run` without arguments is `marquee up`.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name=None, version="0.1.0", prog_name="marquee")
def cli() -> None:
    """Marquee: a GraphQL federation engine in Python, and a cinema that runs on it."""


def main() -> None:
    """Run the command line; exits 2 when what was asked for makes no sense."""
    cli(prog_name="marquee")


def fail(message: str, *, code: int = 2) -> NoReturn:
    """Say what is wrong on standard error and exit."""
    click.echo(message, err=True)
    sys.exit(code)
