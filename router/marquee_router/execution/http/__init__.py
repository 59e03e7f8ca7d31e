"""Subgraphs over HTTP: a pooled client for plain HTTP, aiohttp for TLS and proxies, three protocols for
subscriptions."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from urllib.parse import urlsplit

from marquee_router.execution.http.aiohttp_client import SessionHttp
from marquee_router.execution.http.event_streams import subscribe_multipart, subscribe_sse
from marquee_router.execution.http.options import HttpOptions, SubscriptionProtocol
from marquee_router.execution.http.pooled_client import PooledHttp
from marquee_router.execution.http.websocket import subscribe_websocket

__all__ = ["HttpOptions", "HttpTransport", "SubscriptionProtocol"]


class HttpTransport:
    """Implements `SubgraphTransport` for the subgraph at `url`."""

    def __init__(self, url: str, options: HttpOptions | None = None) -> None:
        self._url = url
        self._options = options or HttpOptions()
        self._session = SessionHttp(url, self._options)
        plain = urlsplit(url).scheme == "http" and self._options.proxy is None
        self._client: PooledHttp | SessionHttp = PooledHttp(url, self._options) if plain else self._session
        self.fetch = self._client.fetch

    def subscribe(self, body: bytes, headers: Mapping[str, str]) -> AsyncGenerator[bytes, None]:
        """Open a subscription in the protocol of the options."""
        url = self._options.subscription_url or self._url
        match self._options.subscription_protocol:
            case SubscriptionProtocol.WEBSOCKET:
                return subscribe_websocket(url, body, headers, self._options)
            case SubscriptionProtocol.SSE:
                return subscribe_sse(self._session, url, body, headers, self._options)
            case SubscriptionProtocol.MULTIPART:
                return subscribe_multipart(self._session, url, body, headers, self._options)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._client.aclose()
        if self._client is not self._session:
            await self._session.aclose()
