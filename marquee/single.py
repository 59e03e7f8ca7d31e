"""Serves one subgraph alone by uvicorn."""

from __future__ import annotations

import click
import uvicorn

from marquee.subgraphs import build_subgraph, open_runtime
from subgraphs.kit.identity_keys import open_keys
from subgraphs.kit.settings import Settings


async def serve_subgraph(name: str, settings: Settings, port: int | None) -> None:
    """Run until a signal ends it; `port` None is the subgraph's own."""
    assert settings.router_keys is not None, "the command asked for them"
    runtime = await open_runtime(settings, open_keys(settings.router_keys))
    try:
        subgraph = build_subgraph(name, runtime)
        chosen = subgraph.port if port is None else port
        config = uvicorn.Config(
            subgraph.asgi,
            host=settings.host,
            port=chosen,
            log_level="warning",
            access_log=False,
            server_header=False,
            ws_ping_interval=None,
        )
        click.echo(f"{name} listens on http://{settings.host}:{chosen}/graphql")
        await uvicorn.Server(config).serve()
    finally:
        await runtime.broker.close()
