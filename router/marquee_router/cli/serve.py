"""`marquee-router serve`: the router on any federated graph."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from marquee_router.cli.failure import fail
from marquee_router.cli.options import TRUSTED_PROXIES

if TYPE_CHECKING:
    from marquee_router.config.model import RouterConfig
    from marquee_router.serving.supergraph_source import SupergraphSource


@click.command()
@click.option("--supergraph", help="Supergraph SDL: a file, or an http(s) address.")
@click.option(
    "--subgraph", "subgraphs", multiple=True, help="name=url; repeat: introspect and compose at start."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=4000, show_default=True, help="Port to listen on; 0 takes a free one.")
@click.option("--config", type=click.Path(dir_okay=False, path_type=Path), help="Settings: router.yaml.")
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    help="Processes that share the port.",
)
@click.option(
    "--hot-reload/--no-hot-reload",
    default=None,
    help="Use a new supergraph while running. SIGHUP reloads it and router.yaml in any case.",
)
@click.option(
    "--poll",
    "poll_seconds",
    type=click.FloatRange(min=0.1),
    help="Hot reload: seconds between asking an address, or subgraphs. Files are watched.",
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
    hot_reload: bool | None,
    poll_seconds: float | None,
    trusted_proxies: str | None,
    config_schema: bool,
) -> None:
    """Run the router on any federated graph.

    Give a supergraph that any Federation 2 composer made, or the running subgraphs:

        marquee-router serve --supergraph supergraph.graphql

        marquee-router serve --subgraph users=http://localhost:4001/graphql --subgraph reviews=http://…

    \b
    While it runs:
        --hot-reload            use the supergraph file when it changes
        --poll 10               ask the address, or the subgraphs, every ten seconds
        kill -HUP PID           read both the supergraph and router.yaml again
        kill PID                answer the requests under way, then end
        /health /ready /metrics are for operators

    Settings: --config router.yaml; --config-schema prints their JSON Schema for your editor.
    """
    if bool(supergraph) == bool(subgraphs) and not config_schema:
        fail("Give either --supergraph FILE_OR_URL or --subgraph name=url (repeatable).")
    from marquee_router.config.loader import json_schema
    from marquee_router.serving.reload import Reload

    if config_schema:
        import json

        click.echo(json.dumps(json_schema(), indent=2))
        return
    settings = _settings(config)
    source = _source(supergraph, subgraphs, poll_seconds or settings.hot_reload.poll_seconds)
    watches = (settings.hot_reload.enabled or poll_seconds is not None) if hot_reload is None else hot_reload
    _serve(
        source,
        settings,
        host=host,
        port=port,
        workers=workers,
        trusted_proxies=trusted_proxies,
        reload=Reload(source, watches, config),
    )


def _settings(config: Path | None) -> RouterConfig:
    from marquee_router.config.extras import check_extras
    from marquee_router.config.loader import ConfigError, load_config
    from marquee_router.errors import RouterMisconfigured

    try:
        settings = load_config(config)
        check_extras(settings)
    except ConfigError as error:
        fail(str(error))
    except RouterMisconfigured as error:
        fail(str(error) if config is None else f"{config}: {error}")
    return settings


def _source(supergraph: str | None, subgraphs: tuple[str, ...], poll_seconds: float) -> SupergraphSource:
    from marquee_router.serving.subgraph_list import GraphError, parse_source
    from marquee_router.serving.supergraph_source import ComposedSource, FileSource, UrlSource

    if supergraph is None:
        try:
            return ComposedSource([parse_source(text) for text in subgraphs], poll_seconds)
        except GraphError as error:
            fail(str(error))
    assert supergraph is not None, "one of the two was given"
    if supergraph.startswith(("http://", "https://")):
        return UrlSource(supergraph, poll_seconds)
    return FileSource(Path(supergraph))


def _text(source: SupergraphSource) -> str:
    import asyncio

    from marquee_router.serving.supergraph_source import SourceUnreadable

    try:
        sdl = asyncio.run(source.read())
    except SourceUnreadable as error:
        fail(str(error))
    assert sdl is not None, "the first read always returns the text"
    return sdl


def _serve(source: SupergraphSource, settings: RouterConfig, **options: Any) -> None:
    from marquee_router import create_app, serve
    from marquee_router.errors import RouterMisconfigured
    from marquee_router.observability.logs import configure_logs
    from marquee_router.serving.listener import PortTaken
    from marquee_router.serving.serve import WorkersFailed
    from marquee_schema.supergraph import SupergraphError

    # Read before the port is taken: a wrong path is reported even if the port is in use.
    sdl = _text(source)
    configure_logs(settings.logs)
    try:
        serve(lambda: create_app(sdl, config=settings), **options)
    except PortTaken as error:
        fail(str(error))
    except WorkersFailed as error:
        fail(str(error), code=1)
    except (SupergraphError, RouterMisconfigured) as error:
        fail(f"{source.origin}: {error}")
