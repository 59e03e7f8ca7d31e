"""Sends the Stripe client's requests to an ASGI application in this process: no socket, no thread.

Knows nothing of payments. The application runs in the caller's task, so the caller's deadline cancels it too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, ClassVar
from urllib.parse import urlsplit

import stripe
from multidict import CIMultiDict

AsgiApp = Callable[
    [
        MutableMapping[str, Any],
        Callable[[], Awaitable[MutableMapping[str, Any]]],
        Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ],
    Awaitable[None],
]


async def call(
    app: AsgiApp, method: str, url: str, headers: Mapping[str, str], body: bytes
) -> tuple[bytes, int, CIMultiDict[str]]:
    """Send one request to an ASGI application; return body, status and headers."""
    parts = urlsplit(url)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method.upper(),
        "scheme": parts.scheme,
        "path": parts.path,
        "raw_path": parts.path.encode(),
        "query_string": parts.query.encode(),
        "root_path": "",
        "headers": [(b"host", parts.netloc.encode())]
        + [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()],
        "client": ("127.0.0.1", 0),
        "server": (parts.hostname, parts.port or 80),
    }
    status = 500
    answer: CIMultiDict[str] = CIMultiDict()
    chunks: list[bytes] = []
    unread = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> MutableMapping[str, Any]:
        return unread.pop() if unread else {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
            answer.extend((n.decode("latin-1"), v.decode("latin-1")) for n, v in message.get("headers", ()))
        elif message["type"] == "http.response.body":
            chunks.append(message.get("body", b""))

    await app(scope, receive, send)
    return b"".join(chunks), status, answer


def _no_answer() -> stripe.APIConnectionError:
    return stripe.APIConnectionError("no answer in time")  # type: ignore[no-untyped-call]  # theirs


class InProcessClient(stripe.HTTPClient):
    """The Stripe client's HTTP client for an application in this process."""

    name: ClassVar[str] = "in-process"

    def __init__(self, app: AsgiApp, *, timeout_seconds: float) -> None:
        super().__init__()
        self._app = app
        self._timeout_seconds = timeout_seconds

    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """Send one request. Raises `stripe.APIConnectionError` when the deadline passes."""
        try:
            async with asyncio.timeout(self._timeout_seconds):
                return await call(self._app, method, url, headers, (post_data or "").encode())
        except TimeoutError as error:
            raise _no_answer() from error

    async def close_async(self) -> None:
        """Nothing is open."""
