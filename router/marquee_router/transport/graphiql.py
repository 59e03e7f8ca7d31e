"""The GraphiQL page. Its files are in this package, so that it works offline.

Owns the settings of the page and its content security policy. Must never let the page load from another host.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
from starlette.responses import HTMLResponse
from starlette.types import Receive, Scope, Send

ASSETS = Path(__file__).parents[1] / "graphiql"
CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)


class GraphiqlPage:
    """An ASGI app that answers with the page."""

    def __init__(
        self,
        *,
        endpoint: str,
        assets_path: str,
        title: str,
        examples: Sequence[Mapping[str, Any]] = (),
        assets: Path = ASSETS,
    ) -> None:
        """`examples` are tabs: each `{"title", "query", "variables"?, "headers"?}`."""
        settings = {"endpoint": endpoint, "title": title, "examples": list(examples)}
        # Inside `<script>` a `</script>` in the settings would end it.
        encoded = orjson.dumps(settings).decode().replace("<", "\\u003c")
        template = (assets / "index.html").read_text(encoding="utf-8")
        page = template.replace("{{assets}}", assets_path).replace("{{settings}}", encoded)
        self._response = HTMLResponse(
            page.replace("{{title}}", title.replace("&", "&amp;").replace("<", "&lt;")),
            headers={
                "content-security-policy": CONTENT_SECURITY_POLICY,
                "x-content-type-options": "nosniff",
                "referrer-policy": "no-referrer",
                "cache-control": "no-cache",
                "vary": "accept",
            },
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the page."""
        await self._response(scope, receive, send)


def is_built(assets: Path = ASSETS) -> bool:
    """Return True if the files of the page are there."""
    return (assets / "index.html").is_file()


def read_examples(file: Path) -> list[dict[str, Any]]:
    """Read the example tabs in a JSON file; raises `ValueError` if it is not a list of them."""
    examples = orjson.loads(file.read_bytes())
    if not isinstance(examples, list) or not all(
        isinstance(entry, dict) and isinstance(entry.get("query"), str) for entry in examples
    ):
        raise ValueError(f"{file}: must be a list of objects with a `query`")
    return examples
