"""One subscription in the `graphql-transport-ws` protocol, on the client's side, over any `MessageSocket`.

Owns the order of messages and the errors. Opens and closes no socket.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, Protocol

import orjson

from marquee_router.errors import SubgraphReplyInvalid, SubgraphTimeout, SubgraphUnavailable

SUBPROTOCOL = "graphql-transport-ws"


class MessageSocket(Protocol):
    """A connected web socket."""

    async def send(self, text: str) -> None:
        """Send one text message; raises `SubgraphUnavailable` when the socket is closed."""
        ...

    async def receive(self) -> str:
        """The next text message; raises `SubgraphUnavailable` when the socket is closed."""
        ...


async def subscribe_over(
    socket: MessageSocket, body: bytes, acknowledge_timeout_seconds: float
) -> AsyncGenerator[bytes, None]:
    """Initialise, subscribe, and yield the execution result of each event until the subgraph completes."""
    await socket.send('{"type":"connection_init"}')
    try:
        async with asyncio.timeout(acknowledge_timeout_seconds):
            await _acknowledged(socket)
    except TimeoutError:
        raise SubgraphTimeout("the subgraph did not acknowledge the connection") from None
    await socket.send('{"id":"1","type":"subscribe","payload":' + body.decode() + "}")
    completed = False
    try:
        while True:
            message = _read(await socket.receive())
            match message.get("type"):
                case "next":
                    yield orjson.dumps(message.get("payload"))
                case "error":
                    completed = True
                    yield orjson.dumps({"errors": message.get("payload")})
                    return
                case "complete":
                    completed = True
                    return
                case "ping":
                    await socket.send('{"type":"pong"}')
                case _:
                    pass
    except SubgraphUnavailable:
        completed = True
        raise
    finally:
        # The client has left before the end: the subgraph must learn that, or it goes on sending.
        if not completed:
            await _complete(socket)


async def _acknowledged(socket: MessageSocket) -> None:
    while True:
        match _read(await socket.receive()).get("type"):
            case "connection_ack":
                return
            case "ping":
                await socket.send('{"type":"pong"}')
            case other:
                raise SubgraphReplyInvalid(f"expected connection_ack, got {other!r}")


async def _complete(socket: MessageSocket) -> None:
    try:
        await socket.send('{"id":"1","type":"complete"}')
    except SubgraphUnavailable:
        return


def _read(text: str) -> dict[str, Any]:
    try:
        message = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise SubgraphReplyInvalid(f"not JSON: {error}") from None
    if not isinstance(message, dict):
        raise SubgraphReplyInvalid("a message is not an object")
    return message
