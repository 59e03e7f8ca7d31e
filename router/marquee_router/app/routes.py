"""The routes of a router beside `/graphql`: GraphiQL, health, metrics, keys, cache invalidation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from starlette.routing import BaseRoute, Mount

from marquee_router.app.extras import Extras
from marquee_router.app.server_hooks import ServerHooks
from marquee_router.app.shared_parts import SharedParts
from marquee_router.caching.invalidation_route import invalidation_route
from marquee_router.config.model import RouterConfig
from marquee_router.errors import RouterMisconfigured
from marquee_router.observability.operator_routes import operator_routes
from marquee_router.transport.graphiql import GraphiqlPage, is_built, read_examples
from marquee_router.transport.static_files import CompressedFiles


def router_routes(
    config: RouterConfig,
    extras: Extras,
    shared: SharedParts,
    hooks: ServerHooks,
    is_ready: Callable[[], bool],
) -> list[BaseRoute]:
    """The routes in the order in which they are tried."""
    routes: list[BaseRoute] = []
    if has_graphiql(config, extras):
        routes.append(Mount(_assets_path(config), CompressedFiles(extras.graphiql_assets)))
    routes += extras.routes  # before the router's own, which they may replace
    routes += operator_routes(
        is_ready=is_ready,
        metrics=shared.metrics if config.metrics.enabled else None,
        before_scrape=extras.before_scrape,
        metrics_page=hooks.metrics_page,
        jwks=shared.signer.jwks if shared.signer is not None else None,
    )
    token = config.cache.invalidation_token
    if shared.cache is not None and token is not None:
        routes.append(invalidation_route(shared.cache, token.get_secret_value()))
    return routes


def has_graphiql(config: RouterConfig, extras: Extras) -> bool:
    """True if the page is switched on and its files are there."""
    return config.graphiql.enabled and is_built(extras.graphiql_assets)


def graphiql_page(config: RouterConfig, extras: Extras) -> GraphiqlPage | None:
    """The page for browsers, None if there is none; raises `RouterMisconfigured` for unreadable examples."""
    if not has_graphiql(config, extras):
        return None
    examples = extras.examples
    if config.graphiql.examples is not None:
        try:
            examples = read_examples(Path(config.graphiql.examples))
        except (OSError, ValueError) as error:
            raise RouterMisconfigured(f"graphiql.examples: {error}") from None
    return GraphiqlPage(
        endpoint=config.http.path,
        assets_path=_assets_path(config),
        title=config.graphiql.title,
        examples=examples,
        assets=extras.graphiql_assets,
    )


def _assets_path(config: RouterConfig) -> str:
    return f"{config.http.path}/assets"
