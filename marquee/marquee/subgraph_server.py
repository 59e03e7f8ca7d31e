"""Serves one subgraph in a process of its own."""

from __future__ import annotations

import click

from marquee.subgraphs import build_subgraph, open_runtime
from marquee_router.serving.drain import DrainingServer
from marquee_router.serving.server_config import server_config
from marquee_subgraphs.kit.identity_keys import open_keys
from marquee_subgraphs.kit.settings import Settings


async def serve_subgraph(name: str, settings: Settings, port: int | None) -> None:
    """Run until a signal ends it. `port` None takes the port that the subgraph declares. Raises
    `StoreUnusable`."""
    assert settings.router_keys is not None, "the command asked for them"
    async with open_runtime(settings, open_keys(settings.router_keys)) as runtime:
        subgraph = build_subgraph(name, runtime)
        chosen = subgraph.port if port is None else port
        # uvicorn's lifespan would turn an error at start into a line of its log and an exit code.
        await subgraph.start()
        try:
            subgraph.start_publishing()
            await DrainingServer(
                server_config(subgraph.asgi, host=settings.host, port=chosen, lifespan="off"),
                begin_drain=subgraph.begin_drain,
                after_start=lambda: click.echo(f"{name} listens on http://{settings.host}:{chosen}/graphql"),
            ).serve()
        finally:
            await subgraph.stop()
