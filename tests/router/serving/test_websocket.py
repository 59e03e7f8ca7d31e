"""Frames written past uvicorn's `send`: as whole as its own, and never more than a slow client's share."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any, cast

import orjson
import pytest
from starlette.types import Receive, Scope, Send
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from marquee_router import RouterApp
from marquee_router.serving.websocket import DirectSockets
from marquee_router.transport.websocket import session
from tests.eventually import eventually
from tests.router.transport.fake import fake_app
from tests.router.transport.serving import served

GREETING = "query ($name: String!) { hello(name: $name) }"


class Recorded:
    """An app, and the types of the messages it gave to `send`."""

    def __init__(self, app: RouterApp) -> None:
        self._app = app
        self.sent: list[str] = []
        self.begin_drain = app.begin_drain

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def recorded(message: Any) -> None:
            self.sent.append(message["type"])
            await send(message)

        await self._app(scope, receive, recorded if scope["type"] == "websocket" else send)


def connecting(url: str, **options: Any) -> connect:
    """A client."""
    return connect(
        url.replace("http", "ws", 1) + "/graphql",
        subprotocols=[cast(Subprotocol, "graphql-transport-ws")],
        compression=None,
        max_size=None,
        **options,
    )


async def ask(client: ClientConnection, operation: str, name: str) -> None:
    """Send one query."""
    payload = {"query": GREETING, "variables": {"name": name}}
    await client.send(orjson.dumps({"id": operation, "type": "subscribe", "payload": payload}).decode())


async def begin(client: ClientConnection) -> None:
    """The handshake of the protocol."""
    await client.send('{"type":"connection_init"}')
    assert orjson.loads(await client.recv()) == {"type": "connection_ack"}


@pytest.mark.parametrize("length", [1, 40, 1_000, 65_500, 70_000])
async def test_a_message_of_any_length_arrives_whole_without_send(length: int) -> None:
    app = Recorded(fake_app()[0])
    async with served(app, DirectSockets) as url, connecting(url) as client:
        await begin(client)
        name = "é" * length
        await ask(client, "1", name)
        answer = orjson.loads(await client.recv())
        assert answer["payload"] == {"data": {"hello": f"hello {name}"}}
        assert orjson.loads(await client.recv()) == {"id": "1", "type": "complete"}
        assert app.sent == ["websocket.accept"]


async def test_a_client_that_reads_late_gets_everything_in_order() -> None:
    app, _ = fake_app()
    async with served(app, DirectSockets) as url, connecting(url, max_queue=1) as client:
        await begin(client)
        for number in range(40):
            await ask(client, str(number), f"{number} " + "x" * 200_000)
        answers = [orjson.loads(await client.recv()) for _ in range(80)]
        results = [answer for answer in answers if answer["type"] == "next"]
        assert sorted(int(result["id"]) for result in results) == list(range(40))
        for result in results:
            assert result["payload"]["data"]["hello"].startswith(f"hello {result['id']} ")


async def flood(client: ClientConnection) -> None:
    """Ask for much more than may wait."""
    for number in range(200):
        await ask(client, str(number), "x" * 200_000)


async def read_all(client: ClientConnection) -> None:
    """Read until the socket closes, which raises `ConnectionClosed`."""
    while True:
        await client.recv()


async def test_a_client_too_slow_is_told_so_when_it_reads_again() -> None:
    app, _ = fake_app({"subscriptions": {"queue_events": 8}})
    async with served(app, DirectSockets) as url, connecting(url, max_queue=1) as client:
        await begin(client)
        with suppress(ConnectionClosed):
            await flood(client)
        with pytest.raises(ConnectionClosed) as closed:
            await read_all(client)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1013


async def test_a_client_that_never_reads_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "CLOSE_SECONDS", 0.05)
    app, _ = fake_app({"subscriptions": {"queue_events": 8}})
    async with served(app, DirectSockets) as url, connecting(url) as client:
        await begin(client)
        client.transport.pause_reading()
        flooding = asyncio.create_task(flood(client))
        await eventually(lambda: not app._endpoint.sockets.sockets, seconds=60)
        client.transport.abort()
        with suppress(ConnectionClosed, OSError):
            await flooding
