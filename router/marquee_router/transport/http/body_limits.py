"""`BodyLimits`: bounds for the request bodies of the app's other routes.

Owns the count and the clock around `receive`. A body beyond them is a Starlette `HTTPException` where the
route reads it, so Starlette answers.
"""

from __future__ import annotations

import asyncio

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from marquee_router.config.model import Http
from marquee_router.transport.http.unread_body import discard


class BodyLimits:
    """ASGI middleware: 413 for a body that is too large, 408 for one that arrives too slowly."""

    def __init__(self, app: ASGIApp, settings: Http) -> None:
        self._app = app
        self._max_bytes = settings.max_body_bytes
        self._timeout_seconds = settings.body_timeout_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            body = _Body(receive, send, self._max_bytes, self._timeout_seconds)
            receive, send = body.receive, body.send
        await self._app(scope, receive, send)


class _Body:
    """One request body, and the response to it."""

    def __init__(self, receive: Receive, send: Send, max_bytes: int, timeout_seconds: float) -> None:
        self._receive = receive
        self._send = send
        self._max_bytes = max_bytes
        self._due = asyncio.get_running_loop().time() + timeout_seconds
        self._size = 0
        self._more = True
        self._left_unread = False

    async def receive(self) -> Message:
        """The next message; after the end of the body it may take any time."""
        if not self._more:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._due):
                message = await self._receive()
        except TimeoutError:
            raise HTTPException(408, "The body did not come in time", {"connection": "close"}) from None
        self._more = message.get("more_body", False)
        self._size += len(message.get("body", b""))
        if self._size > self._max_bytes:
            self._left_unread = self._more
            detail = f"The body has more than {self._max_bytes} bytes"
            raise HTTPException(413, detail, {"connection": "close"} if self._more else None)
        return message

    async def send(self, message: Message) -> None:
        """Send a message; if the client still sends its body, let it read the response before the end."""
        ends = message["type"] == "http.response.body" and not message.get("more_body", False)
        if ends and self._left_unread:
            await self._send({**message, "more_body": True})
            await discard(self._receive)
            message = {"type": "http.response.body", "body": b""}
        await self._send(message)
