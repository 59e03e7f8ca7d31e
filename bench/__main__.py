"""`python -m bench`: the command line; each command prints Markdown."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from deploy.environment import use_project_environment

use_project_environment("bench")

import click
import uvloop

from bench import composition as composition_costs
from bench import gateways as all_gateways
from bench import memory as memory_over_time
from bench import premiere as whole_premiere
from bench import purchases as whole_purchases
from bench import queries as single_queries
from bench import shares as shares_of_a_request
from bench import sockets as open_sockets
from bench.client import Refused
from bench.layouts import LAYOUTS, Layout
from bench.process import ServerFailed

_layout = click.option(
    "--layout",
    type=click.Choice(LAYOUTS),
    default="embedded",
    show_default=True,
    help="One process on SQLite, or the processes of docker-compose.yml on this machine.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Measure Marquee: CPU time of the server, throughput, latency."""


@main.command()
@click.option("--url", help="A cinema that runs already; by default one is started on a temporary folder.")
@_layout
@click.option("--seconds", default=10.0, show_default=True, help="How long buyers go on buying.")
@click.option("--buyers", default=16, show_default=True, help="Guests who buy at the same time.")
@click.option("--times", default=1, show_default=True, help="So many times the demo's showtimes are on sale.")
def purchases(url: str | None, layout: Layout, seconds: float, buyers: int, times: int) -> None:
    """Whole purchases of one seat: choose, hold, order, pay; then `marquee verify`."""
    _run(whole_purchases.measure(url, layout, seconds, buyers, times))


@main.command()
@_layout
@click.option("--buyers", default=3000, show_default=True, help="People who want seats.")
@click.option("--at-once", default=128, show_default=True, help="How many of them ask at the same time.")
@click.option("--seats", default=400, show_default=True, help="Seats of the showtime, at most 650.")
@click.option("--watchers", default=300, show_default=True, help="Open live maps of it.")
def premiere(layout: Layout, buyers: int, at_once: int, seats: int, watchers: int) -> None:
    """Thousands want the best seats of one showtime; then `marquee verify`."""
    _run(whole_premiere.measure(layout, buyers, at_once, seats, watchers))


@main.command()
@click.option("--seconds", default=10.0, show_default=True, help="How long each operation is asked.")
def queries(seconds: float) -> None:
    """Representative queries of the whole cinema, and of the router alone on constant subgraphs."""
    _run(single_queries.measure(seconds))


@main.command()
@click.option("--seconds", default=4.0, show_default=True, help="How long each round asks a gateway.")
@click.option("--rounds", default=3, show_default=True, help="How often the gateways take turns.")
@click.option("--only", multiple=True, help="Part of a gateway's name; repeat. Ours is always measured.")
@click.option("--plot", type=click.Path(dir_okay=False, path_type=Path), help="Draw CPU times here, as SVG.")
def gateways(seconds: float, rounds: int, only: tuple[str, ...], plot: Path | None) -> None:
    """Our router beside the gateways of others, on the same subgraphs."""
    _run(all_gateways.measure(seconds, rounds, only, plot))


@main.command()
@click.option("--seconds", default=4.0, show_default=True, help="How long each operation is asked.")
def shares(seconds: float) -> None:
    """Where the CPU time of a request goes: engine, JSON, HTTP server, HTTP client."""
    _run(shares_of_a_request.measure(seconds))


@main.command()
@_layout
@click.option("--count", default=10_000, show_default=True, help="Sockets that watch one showtime.")
@click.option("--changes", default=5, show_default=True, help="How often two seats are held and released.")
def sockets(layout: Layout, count: int, changes: int) -> None:
    """Many people watch one showtime's seats: memory of a socket, CPU of a delivery, the last to know."""
    _run(open_sockets.measure(layout, count, changes))


@main.command()
@click.option("--sizes", multiple=True, type=int, default=composition_costs.SIZES, help="Subgraphs; repeat.")
def composition(sizes: tuple[int, ...]) -> None:
    """Composition of growing graphs, beside the reference from npm."""
    try:
        click.echo(composition_costs.measure(sizes))
    except ServerFailed as failure:
        raise SystemExit(str(failure)) from failure


@main.command()
@click.option("--requests", default=200_000, show_default=True, help="How many are asked.")
@click.option("--operations", default=5_000, show_default=True, help="How many different ones.")
def memory(requests: int, operations: int) -> None:
    """Memory of the router under ever new operations."""
    _run(memory_over_time.measure(requests, operations))


def _run(measuring: Coroutine[Any, Any, str]) -> None:
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            click.echo(runner.run(measuring))
    except* (Refused, ServerFailed) as failures:
        raise SystemExit("\n".join(str(failure) for failure in failures.exceptions)) from failures


if __name__ == "__main__":
    main(prog_name="python -m bench")
