"""The routes of the one process beside GraphQL: the page, its assets, the simulated bank, readiness."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from marquee.resources import STATIC
from marquee_router.transport.static_files import CompressedFiles
from marquee_subgraphs.kit.app import Subgraph, readiness_status

PAGE_POLICY: Final = "; ".join(
    (
        "default-src 'self'",
        # Posters are paths on this site or https URLs: what `createMovie` accepts, the page may show.
        "img-src 'self' data: https:",
        "style-src 'self' 'unsafe-inline'",
        "frame-src 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        "frame-ancestors 'none'",
    )
)


class Forward:
    """An ASGI endpoint that passes a request unchanged to another app."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        await self._app(scope, receive, send)


def page_routes(subgraphs: Mapping[str, Subgraph]) -> Sequence[BaseRoute]:
    """The routes around GraphQL."""
    payments = Forward(subgraphs["payments"].asgi)

    async def page(_: Request) -> Response:
        return FileResponse(
            STATIC / "index.html",
            headers={
                "content-security-policy": PAGE_POLICY,
                "x-content-type-options": "nosniff",
                "referrer-policy": "same-origin",
                "cache-control": "no-cache",
            },
        )

    async def ready(_: Request) -> Response:
        states = await asyncio.gather(*[subgraph.readiness() for subgraph in subgraphs.values()])
        parts = dict(zip(subgraphs, states, strict=True))
        status = readiness_status(state for states in parts.values() for state in states.values())
        body = {"status": status, "subgraphs": parts}
        return JSONResponse(body, 503 if status == "not ready" else 200)

    return [
        Route("/", page),
        Route("/ready", ready),
        Mount("/static", CompressedFiles(STATIC)),
        Mount("/posters", StaticFiles(directory=STATIC / "posters")),
        Route("/bank/{rest:path}", payments, methods=["GET", "POST"]),
        Route("/webhooks/{rest:path}", payments, methods=["POST"]),
    ]
