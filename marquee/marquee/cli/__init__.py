"""The command line. Each command is a module of its name, imported when it is called.

Must never hold behaviour that a library caller could want: commands parse, call and print.
"""

from __future__ import annotations

import gc
from typing import Any, Final

import click

from marquee.resources import graph_file, supergraph_file
from marquee_router.cli.failure import fail
from marquee_router.cli.lazy_commands import LazyCommands
from marquee_router.cli.options import Defaults

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
_ROUTERS: Final = {"router": "serve", "compose": "compose", "diff": "diff", "plan": "plan"}
"""The commands of `marquee-router`, by their names here."""
_MODULES: Final = {name: f"marquee.cli.{name}" for name in COMMANDS} | {
    name: f"marquee_router.cli.{module}" for name, module in _ROUTERS.items()
}


class CinemaCommands(LazyCommands):
    """The commands of the cinema; one that meets an unusable store says so and exits 1."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise  # a mistyped command must not import the stores, which takes a second
        except Exception as error:
            from marquee_subgraphs.kit.database.errors import StoreUnusable

            if not isinstance(error, StoreUnusable):
                raise
            fail(str(error), code=1)


@click.command(
    cls=CinemaCommands,
    summaries=COMMANDS,
    modules=_MODULES,
    epilog="`marquee COMMAND --help` describes a command. `./run` without arguments is `marquee up`.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(package_name="marquee", prog_name="marquee")
@click.pass_context
def cli(context: click.Context) -> None:
    """Marquee: a GraphQL federation engine in Python, and a cinema that runs on it."""
    context.obj = Defaults(graph=graph_file(), supergraph=supergraph_file())


def main() -> None:
    """Run the command line; exits 2 when the arguments are wrong."""
    # Imports make no garbage and are a sixth faster without the collector; `DrainingServer` enables it again.
    gc.disable()
    cli(prog_name="marquee")
