"""`marquee subgraph NAME`: one subgraph alone."""

from __future__ import annotations

from pathlib import Path

import click

from marquee.cli.options import DATA_DIR, settings_or_fail
from marquee.subgraphs import NAMES
from marquee_router.cli.failure import fail


@click.command()
@click.argument("name", type=click.Choice(NAMES))
@click.option("--host", help="Address to listen on [MARQUEE_HOST, 127.0.0.1].")
@click.option("--port", type=int, help="Port to listen on; each subgraph has its own when not given.")
@DATA_DIR
@click.option(
    "--router-keys", help="The router's public keys: its JWKS address, or a file [MARQUEE_ROUTER_KEYS]."
)
def command(
    name: str, host: str | None, port: int | None, data_dir: Path | None, router_keys: str | None
) -> None:
    """Run one subgraph alone, for a router to reach over HTTP.

    It answers only calls that carry the router's signed identity, so it must know the router's public
    keys: `--router-keys http://127.0.0.1:8080/.well-known/jwks.json`.
    """
    from marquee.subgraph_server import serve_subgraph
    from marquee_router.serving.process import run
    from marquee_subgraphs.kit.logs import configure_logs

    settings = settings_or_fail(host=host, data_dir=data_dir, router_keys=router_keys)
    if settings.router_keys is None:
        fail(
            "A subgraph alone must know the router's public keys: give --router-keys or MARQUEE_ROUTER_KEYS,"
            "\nas http://127.0.0.1:8080/.well-known/jwks.json, or a file with them."
        )
    configure_logs(settings)
    run(serve_subgraph(name, settings, port))
