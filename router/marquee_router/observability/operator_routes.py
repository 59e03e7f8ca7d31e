"""Routes for operators: liveness, readiness, metrics, and the router's public key.

They need no token, so they must never answer with anything secret.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from marquee_router.observability.metrics import CONTENT_TYPE, Metrics


def operator_routes(
    *,
    is_ready: Callable[[], bool],
    metrics: Metrics | None,
    jwks: Mapping[str, Any] | None,
    before_scrape: Callable[[], Awaitable[None]] | None = None,
    metrics_page: Callable[[bytes], Awaitable[bytes]] | None = None,
) -> list[Route]:
    """`/health`, `/ready`, and, where given, `/metrics` and `/.well-known/jwks.json`."""

    async def health(_: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def ready(_: Request) -> Response:
        # Not ready while draining: load balancers then send no further requests.
        if is_ready():
            return JSONResponse({"status": "ready"})
        return JSONResponse({"status": "not ready"}, status_code=503)

    routes = [Route("/health", health), Route("/ready", ready)]
    if metrics is not None:

        async def expose(_: Request) -> Response:
            if before_scrape is not None:
                await before_scrape()
            page = metrics.exposition()
            if metrics_page is not None:
                page = await metrics_page(page)
            return Response(page, media_type=CONTENT_TYPE)

        routes.append(Route("/metrics", expose))
    if jwks is not None:

        async def keys(_: Request) -> Response:
            return JSONResponse(jwks, headers={"cache-control": "public, max-age=300"})

        routes.append(Route("/.well-known/jwks.json", keys))
    return routes
