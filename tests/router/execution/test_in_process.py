"""Subgraphs in this very process: the same seam, no socket; apps that misbehave are the subgraph's
failure."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextvars import ContextVar
from typing import Any

import orjson
import pytest

from marquee_router.errors import SubgraphReplyInvalid, SubgraphTimeout, SubgraphUnavailable
from marquee_router.execution.in_process import InProcessTransport

BODY = b'{"query":"subscription{a}"}'
NAME: ContextVar[str] = ContextVar("NAME", default="unset")


async def echo(scope: Any, receive: Any, send: Any) -> None:
    message = await receive()
    NAME.set("leaked")
    seen = {
        "path": scope["path"],
        "method": scope["method"],
        "body": message["body"].decode(),
        "headers": {name.decode(): value.decode() for name, value in scope["headers"]},
    }
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"Content-Type", b"application/json")]}
    )
    await send({"type": "http.response.body", "body": orjson.dumps(seen)[:7], "more_body": True})
    await send({"type": "http.response.body", "body": orjson.dumps(seen)[7:]})


async def test_the_app_sees_an_ordinary_request() -> None:
    reply = await InProcessTransport(echo, path="/g").fetch(b"{}", {"x-user": "7"}, 1.0)
    seen = orjson.loads(reply.body)
    assert (reply.status, reply.content_type) == (200, "application/json")
    assert (seen["path"], seen["method"], seen["body"]) == ("/g", "POST", "{}")
    assert seen["headers"]["x-user"] == "7"
    assert seen["headers"]["content-type"] == "application/json"


async def test_context_variables_stay_with_the_call() -> None:
    await InProcessTransport(echo).fetch(b"{}", {}, 1.0)
    assert NAME.get() == "unset"


async def test_an_app_that_raises_is_unavailable() -> None:
    async def broken(scope: Any, receive: Any, send: Any) -> None:
        raise ValueError("bug")

    with pytest.raises(SubgraphUnavailable, match="bug"):
        await InProcessTransport(broken).fetch(b"{}", {}, 1.0)


async def test_an_app_that_says_nothing_is_unavailable() -> None:
    async def silent(scope: Any, receive: Any, send: Any) -> None:
        return

    with pytest.raises(SubgraphUnavailable, match="without an answer"):
        await InProcessTransport(silent).fetch(b"{}", {}, 1.0)


async def test_a_slow_app_times_out_and_is_cancelled() -> None:
    cancelled = asyncio.Event()

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    with pytest.raises(SubgraphTimeout):
        await InProcessTransport(slow).fetch(b"{}", {}, 0.01)
    assert cancelled.is_set()


async def test_too_large_an_answer_is_refused() -> None:
    with pytest.raises(SubgraphReplyInvalid, match="large"):
        await InProcessTransport(echo, max_body_bytes=10).fetch(b"{}", {}, 1.0)


class Socket:
    """A `graphql-transport-ws` app; `play` sends what follows the subscription."""

    def __init__(self, play: Any) -> None:
        self._play = play
        self.received: list[Any] = []
        self.ended = asyncio.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "websocket"
        assert scope["subprotocols"] == ["graphql-transport-ws"]
        assert (await receive())["type"] == "websocket.connect"
        await send({"type": "websocket.accept", "subprotocol": "graphql-transport-ws"})

        async def say(**message: Any) -> None:
            await send({"type": "websocket.send", "text": orjson.dumps(message).decode()})

        async def hear() -> Any:
            message = await receive()
            heard = orjson.loads(message["text"]) if "text" in message else message["type"]
            self.received.append(heard)
            return heard

        try:
            assert (await hear())["type"] == "connection_init"
            await say(type="connection_ack")
            await hear()
            await self._play(say, hear, send)
        finally:
            self.ended.set()


def subscribed(socket: Socket) -> AsyncGenerator[bytes, None]:
    return InProcessTransport(socket).subscribe(BODY, {"x-user": "7"})


async def test_a_subscription_yields_events_until_it_completes() -> None:
    async def play(say: Any, hear: Any, send: Any) -> None:
        await say(type="next", id="1", payload={"data": {"a": 1}})
        await say(type="ping")
        assert (await hear())["type"] == "pong"
        await say(type="next", id="1", payload={"data": {"a": 2}})
        await say(type="complete", id="1")

    socket = Socket(play)
    events = [orjson.loads(event) async for event in subscribed(socket)]
    assert events == [{"data": {"a": 1}}, {"data": {"a": 2}}]
    assert socket.received[1] == {"id": "1", "type": "subscribe", "payload": {"query": "subscription{a}"}}


async def test_an_error_message_is_the_last_event() -> None:
    async def play(say: Any, hear: Any, send: Any) -> None:
        await say(type="error", id="1", payload=[{"message": "no"}])

    assert [orjson.loads(event) async for event in subscribed(Socket(play))] == [
        {"errors": [{"message": "no"}]}
    ]


async def test_leaving_early_tells_the_app() -> None:
    async def play(say: Any, hear: Any, send: Any) -> None:
        await say(type="next", id="1", payload={"data": {"a": 1}})
        while await hear() != "websocket.disconnect":
            pass

    socket = Socket(play)
    events = subscribed(socket)
    await anext(events)
    await events.aclose()
    await socket.ended.wait()
    assert socket.received[2:] == [{"id": "1", "type": "complete"}, "websocket.disconnect"]


async def test_leaving_early_frees_an_app_that_is_still_sending() -> None:
    async def play(say: Any, hear: Any, send: Any) -> None:
        for number in range(500):
            await say(type="next", id="1", payload={"data": {"a": number}})

    socket = Socket(play)
    events = subscribed(socket)
    await anext(events)
    await events.aclose()
    await socket.ended.wait()


@pytest.mark.parametrize("close", [True, False])
async def test_a_socket_that_closes_is_a_failure(close: bool) -> None:
    async def play(say: Any, hear: Any, send: Any) -> None:
        await say(type="next", id="1", payload={"data": {"a": 1}})
        if close:
            await send({"type": "websocket.close", "code": 1011})
        else:
            raise ValueError("bug")

    events = subscribed(Socket(play))
    assert orjson.loads(await anext(events)) == {"data": {"a": 1}}
    with pytest.raises(SubgraphUnavailable):
        await anext(events)


async def test_an_app_without_web_sockets_is_unavailable() -> None:
    async def refuses(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.close", "code": 1000})

    with pytest.raises(SubgraphUnavailable):
        await anext(InProcessTransport(refuses).subscribe(BODY, {}))


async def test_an_app_that_never_acknowledges_times_out() -> None:
    async def mute(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})
        while (await receive())["type"] != "websocket.disconnect":
            pass

    transport = InProcessTransport(mute, acknowledge_timeout_seconds=0.01)
    with pytest.raises(SubgraphTimeout):
        await anext(transport.subscribe(BODY, {}))
