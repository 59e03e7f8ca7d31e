"""`SessionHttp`: HTTP by aiohttp, for TLS, proxies and streams, which the pooled client does not support."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

import aiohttp

from marquee_router.errors import SubgraphReplyInvalid, SubgraphTimeout, SubgraphUnavailable
from marquee_router.execution.http.options import HttpOptions
from marquee_router.execution.http.pooled_client import ACCEPT
from marquee_router.execution.subgraph import SubgraphReply
from marquee_router.execution.uploads import MultipartBody

_CHUNK_BYTES = 64 * 1024


class SessionHttp:
    """POSTs GraphQL requests to one URL; the first one opens the session."""

    def __init__(self, url: str, options: HttpOptions) -> None:
        self._url = url
        self._options = options
        self._session: aiohttp.ClientSession | None = None

    async def fetch(
        self, body: bytes, headers: Mapping[str, str], timeout_seconds: float, *, idempotent: bool = False
    ) -> SubgraphReply:
        """Send one request and read its whole response."""
        try:
            async with (
                asyncio.timeout(timeout_seconds),
                self.post(self._url, body, headers, ACCEPT) as response,
            ):
                content = await self._read(response)
                found = {name.lower(): value for name, value in response.headers.items()}
                return SubgraphReply(response.status, found.get("content-type", ""), content, found)
        except TimeoutError:
            raise SubgraphTimeout(f"no answer within {timeout_seconds:g} s") from None

    @asynccontextmanager
    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str], accept: str
    ) -> AsyncGenerator[aiohttp.ClientResponse, None]:
        """A response whose body is not read yet."""
        content_type = body.content_type if isinstance(body, MultipartBody) else "application/json"
        sent = {**headers, "content-type": content_type, "accept": accept}
        try:
            async with self._opened().post(
                url, data=body, headers=sent, proxy=self._options.proxy, allow_redirects=False
            ) as response:
                yield response
        except (aiohttp.ClientError, OSError) as error:
            raise SubgraphUnavailable(f"{error!r}") from error

    async def _read(self, response: aiohttp.ClientResponse) -> bytes:
        chunks: list[bytes] = []
        size = 0
        async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
            size += len(chunk)
            if size > self._options.max_body_bytes:
                raise SubgraphReplyInvalid("the answer is too large", status=response.status, retryable=False)
            chunks.append(chunk)
        return b"".join(chunks)

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=self._options.max_connections, keepalive_timeout=self._options.idle_seconds
                ),
                timeout=aiohttp.ClientTimeout(total=None, connect=self._options.connect_timeout_seconds),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._session

    async def aclose(self) -> None:
        """Close the session."""
        if self._session is not None:
            await self._session.close()
            self._session = None
