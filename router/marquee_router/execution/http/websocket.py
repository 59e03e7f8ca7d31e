"""Subscriptions to a subgraph over a web socket of their own, in `graphql-transport-ws`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.typing import Subprotocol

from marquee_router.errors import SubgraphUnavailable
from marquee_router.execution.graphql_transport_ws import SUBPROTOCOL, subscribe_over
from marquee_router.execution.http.options import HttpOptions


def websocket_url(url: str) -> str:
    """`http` becomes `ws`, `https` becomes `wss`."""
    return "ws" + url.removeprefix("http") if url.startswith("http") else url


async def subscribe_websocket(
    url: str, body: bytes, headers: Mapping[str, str], options: HttpOptions
) -> AsyncGenerator[bytes, None]:
    """One subscription on one socket; the socket closes with it."""
    try:
        socket = await connect(
            websocket_url(url),
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            additional_headers=dict(headers),
            open_timeout=options.connect_timeout_seconds,
            max_size=options.max_body_bytes,
            proxy=options.proxy,
        )
    except InvalidStatus as error:
        raise SubgraphUnavailable(
            f"HTTP {error.response.status_code} in place of a web socket; one that streams otherwise needs"
            " `subscription_protocol`"
        ) from error
    except (WebSocketException, OSError, TimeoutError) as error:
        raise SubgraphUnavailable(f"no web socket: {error!r}") from error
    events = subscribe_over(_Socket(socket), body, options.acknowledge_timeout_seconds)
    try:
        async for event in events:
            yield event
    finally:
        await events.aclose()
        await socket.close()


class _Socket:
    """A `websockets` connection as a `MessageSocket`."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection

    async def send(self, text: str) -> None:
        try:
            await self._connection.send(text)
        except ConnectionClosed as closed:
            raise SubgraphUnavailable(f"the socket is closed: {closed}") from closed

    async def receive(self) -> str:
        try:
            return await self._connection.recv(decode=True)
        except ConnectionClosed as closed:
            raise SubgraphUnavailable(f"the socket is closed: {closed}") from closed
