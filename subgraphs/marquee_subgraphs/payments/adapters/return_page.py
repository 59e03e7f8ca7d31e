"""The page to which a bank sends its customer back after 3-D Secure. Shows nothing of the payment."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

RETURN_PATH: Final = "/bank/done"
_PAGE: Final = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Marquee</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body { font: 1rem/1.5 system-ui, sans-serif; text-align: center; margin: 15vh 1rem; }</style></head>
<body><h1>Thank you</h1>
<p>Close this page and go on where you were buying.</p>
<p lang="es">Cierra esta página y sigue donde estabas comprando.</p></body>
</html>
"""
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


async def _done(_: Request) -> Response:
    return HTMLResponse(_PAGE, headers=_HEADERS)


RETURN_ROUTE: Final = Route(RETURN_PATH, _done, methods=["GET"])
