"""`marquee router`: the router on any federated graph."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import TYPE_CHECKING

import click

from marquee.cli import fail
from marquee.cli.options import TRUSTED_PROXIES

if TYPE_CHECKING:
    from router.config.model import RouterConfig


@click.command()
@click.option("--supergraph", help="Supergraph SDL: a file, or an http(s) address.")
@click.option(
    "--subgraph", "subgraphs", multiple=True, help="name=url; repeat: introspect and compose at start."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=4000, show_default=True, help="Port to listen on; 0 takes a free one.")
@click.option("--config", type=click.Path(dir_okay=False, path_type=Path), help="router.yaml")
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Processes that share the port.",
)
@TRUSTED_PROXIES
@click.option("--config-schema", is_flag=True, help="Print the JSON Schema of router.yaml and exit.")
def command(
    supergraph: str | None,
    subgraphs: tuple[str, ...],
    host: str,
    port: int,
    config: Path | None,
    workers: int,
    trusted_proxies: str | None,
    config_schema: bool,
) -> None:
    """Run the router on any federated graph.

    Give a supergraph that any Federation 2 composer made, or the running subgraphs:

        marquee router --supergraph supergraph.graphql

        marquee router --subgraph users=http://localhost:4001/graphql --subgraph reviews=http://…
    """
    from router.config.loading import ConfigError, json_schema, load_config

    if config_schema:
        import json

        click.echo(json.dumps(json_schema(), indent=2))
        return
    if bool(supergraph) == bool(subgraphs):
        fail("Give either --supergraph FILE_OR_URL or --subgraph name=url (repeatable).")
    try:
        settings = load_config(config)
    except ConfigError as error:
        fail(str(error))
    sdl = _supergraph_text(supergraph, subgraphs)
    listener = _listen(host, port)
    _serve(sdl, settings, supergraph or "the composed subgraphs", listener, workers, trusted_proxies)


def _supergraph_text(supergraph: str | None, subgraphs: tuple[str, ...]) -> str:
    from marquee.graph import GraphError, load_subgraphs, parse_source
    from schema.composition import CompositionError, compose

    if supergraph is None:
        try:
            loaded = asyncio.run(load_subgraphs([parse_source(text) for text in subgraphs]))
            return compose(loaded).supergraph_sdl
        except GraphError as error:
            fail(str(error))
        except CompositionError as error:
            fail("\n".join(f"{problem.code}: {problem.message}" for problem in error.errors))
    assert supergraph is not None, "one of the two was given"
    try:
        if supergraph.startswith(("http://", "https://")):
            return asyncio.run(_fetch(supergraph))
        return Path(supergraph).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError, TimeoutError) as error:
        fail(f"{supergraph}: cannot be read: {error}")
    raise AssertionError("unreachable: fail exits")


async def _fetch(url: str) -> str:
    import aiohttp

    timeout = aiohttp.ClientTimeout(total=15)
    async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as response:
        if response.status != 200:
            raise OSError(f"HTTP {response.status}")
        return await response.text()


def _listen(host: str, port: int) -> socket.socket:
    from marquee.listening import PortTaken, listen

    try:
        return listen(host, port)
    except PortTaken as error:
        fail(str(error))
        raise


def _serve(
    sdl: str,
    settings: RouterConfig,
    origin: str,
    listener: socket.socket,
    workers: int,
    trusted_proxies: str | None,
) -> None:
    from marquee.router_serving import serve_router
    from router.errors import RouterMisconfigured
    from schema.supergraph import SupergraphError

    try:
        if serve_router(sdl, settings, listener, workers, trusted_proxies):
            fail("A worker ended by itself; so did the router.", code=1)
    except (SupergraphError, RouterMisconfigured) as error:
        fail(f"{origin}: {error}")
