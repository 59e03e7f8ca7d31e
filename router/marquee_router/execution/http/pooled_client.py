"""`PooledHttp`: the HTTP/1.1 client for plain `http://`, with few allocations per request.

Owns the bytes of a request, its deadline, and the single retry after a stale connection. `aiohttp_client` is
for TLS and proxies.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from urllib.parse import urlsplit

from marquee_router.errors import RouterMisconfigured, SubgraphTimeout, SubgraphUnavailable
from marquee_router.execution.http.connection import ConnectionBroken
from marquee_router.execution.http.options import HttpOptions
from marquee_router.execution.http.pool import ConnectionPool
from marquee_router.execution.subgraph import SubgraphReply
from marquee_router.execution.uploads import MultipartBody

ACCEPT = "application/graphql-response+json, application/json;q=0.9"


class PooledHttp:
    """POSTs GraphQL requests to one `http://` URL."""

    def __init__(self, url: str, options: HttpOptions) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise RouterMisconfigured(f"{url!r} is no http:// URL")
        self._pool = ConnectionPool(parts.hostname, parts.port or 80, options)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        host = parts.netloc.rpartition("@")[2]
        self._begin = f"POST {target} HTTP/1.1\r\nhost: {host}\r\n"
        self._head = self._head_of("application/json")

    def _head_of(self, content_type: str) -> bytes:
        return f"{self._begin}content-type: {content_type}\r\naccept: {ACCEPT}\r\ncontent-length: ".encode()

    async def fetch(
        self, body: bytes, headers: Mapping[str, str], timeout_seconds: float, *, idempotent: bool = False
    ) -> SubgraphReply:
        """Send one request.

        If the server has closed an idle connection meanwhile, a query is sent again on a new one. A
        mutation is not: the server may have executed it.
        """
        head = self._head_of(body.content_type) if isinstance(body, MultipartBody) else self._head
        request = b"%s%d\r\n%s\r\n%s" % (head, len(body), _encoded(headers) if headers else b"", body)
        loop = asyncio.get_running_loop()
        now = loop.time()
        deadline = now + timeout_seconds
        pool = self._pool
        # The usual case has no `asyncio.timeout` and no second coroutine: the pool's timer watches the
        # deadline.
        connection = pool.idle(now)
        if connection is not None:
            future: asyncio.Future[SubgraphReply] = loop.create_future()
            if deadline < pool.alarm_at:
                pool.watch(deadline, loop)
            connection.request(request, future, deadline)
            try:
                return await future
            except ConnectionBroken as broken:
                if not (idempotent and broken.untouched):
                    raise
                pool.drop_idle()
            except asyncio.CancelledError:
                connection.abort()
                raise
        return await self._on_new_connection(request, deadline, loop)

    async def _on_new_connection(
        self, request: bytes, deadline: float, loop: asyncio.AbstractEventLoop
    ) -> SubgraphReply:
        try:
            async with asyncio.timeout_at(deadline):
                connection = await self._pool.connection()
        except TimeoutError:
            raise SubgraphTimeout("no free connection in time") from None
        future: asyncio.Future[SubgraphReply] = loop.create_future()
        self._pool.watch(deadline, loop)
        connection.request(request, future, deadline)
        try:
            return await future
        except asyncio.CancelledError:
            connection.abort()
            raise

    async def aclose(self) -> None:
        """Close the pool."""
        self._pool.close()


def _encoded(headers: Mapping[str, str]) -> bytes:
    """The header lines; raises `SubgraphUnavailable` for a value with a line break, which would add a
    header."""
    text = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
    if text.count("\n") != len(headers) or text.count("\r") != len(headers):
        raise SubgraphUnavailable("a header value contains a line break", retryable=False)
    return text.encode("latin-1", "replace")
