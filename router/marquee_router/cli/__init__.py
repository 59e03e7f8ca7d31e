"""The command line of the router. Each command is a module of its name, imported when it is called.

Must never hold behaviour that a library caller could want: commands parse, call and print.
"""

from __future__ import annotations

import gc
from typing import Final

import click

from marquee_router.cli.lazy_commands import LazyCommands

COMMANDS: Final[dict[str, str]] = {
    "serve": "Run the router on any federated graph.",
    "compose": "Compose subgraphs into a supergraph, or say why they do not fit.",
    "plan": "Print the query plan of an operation.",
    "diff": "Compare two supergraphs and name what breaks clients.",
}


@click.command(
    cls=LazyCommands,
    summaries=COMMANDS,
    modules={name: f"marquee_router.cli.{name}" for name in COMMANDS},
    epilog="`marquee-router COMMAND --help` describes a command.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="marquee-router", prog_name="marquee-router")
def cli() -> None:
    """A router for any Apollo Federation graph."""


def main() -> None:
    """Run the command line; exits 2 when the arguments are wrong."""
    # Imports make no garbage and are a sixth faster without the collector; `DrainingServer` enables it again.
    gc.disable()
    cli(prog_name="marquee-router")
