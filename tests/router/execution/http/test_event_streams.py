"""Subscriptions over real sockets: web sockets, server-sent events, multipart; and the aiohttp client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from marquee_router.errors import SubgraphReplyInvalid, SubgraphTimeout, SubgraphUnavailable
from marquee_router.execution.http import HttpOptions, HttpTransport, SubscriptionProtocol
from marquee_router.execution.http.aiohttp_client import SessionHttp
from tests.router.execution.http.server import Request, Respond, always, ok, serving

BODY = b'{"query":"subscription{a}"}'
EVENTS = [{"data": {"a": 1}}, {"data": {"a": 2}}]


async def collected(transport: HttpTransport, **headers: str) -> list[Any]:
    try:
        return [orjson.loads(event) async for event in transport.subscribe(BODY, headers)]
    finally:
        await transport.aclose()


def streaming(url: str, protocol: str, **options: Any) -> HttpTransport:
    return HttpTransport(url, HttpOptions(subscription_protocol=SubscriptionProtocol(protocol), **options))


def stream(content_type: str, *pieces: bytes) -> Respond:
    async def respond(request: Request, writer: asyncio.StreamWriter) -> bool:
        writer.write(f"HTTP/1.1 200 OK\r\ncontent-type: {content_type}\r\nconnection: close\r\n\r\n".encode())
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        return False

    return respond


async def test_server_sent_events_in_pieces_until_complete() -> None:
    respond = stream(
        "text/event-stream; charset=utf-8",
        b": hello\n\n",
        b'event: next\ndata: {"data":',
        b'{"a":1}}\n\nevent: next\r\ndata: {"data":\r\ndata: {"a":2}}\r\n\r\n',
        b'event: complete\ndata:\n\nevent: next\ndata: {"data":{"a":3}}\n\n',
    )
    async with serving(respond) as server:
        assert await collected(streaming(server.url, "sse"), authorization="x") == EVENTS
    assert server.requests[0].headers["accept"] == "text/event-stream"
    assert server.requests[0].headers["authorization"] == "x"
    assert server.requests[0].body == BODY


async def test_multipart_parts_with_heartbeats() -> None:
    part = b"--graphql\r\ncontent-type: application/json\r\n\r\n"
    respond = stream(
        'multipart/mixed;boundary="graphql";subscriptionSpec=1.0',
        b"\r\n" + part + b"{}\r\n",
        part + b'{"payload":{"data":{"a":1}}}\r\n',
        part
        + b'{"payload":{"data":{"a":2}}}\r\n'
        + part
        + b'{"payload":null,"errors":[{"message":"end"}]}\r\n',
        b"--graphql--\r\n",
    )
    async with serving(respond) as server:
        found = await collected(streaming(server.url, "multipart"))
    assert found == [*EVENTS, {"errors": [{"message": "end"}]}]


@pytest.mark.parametrize("protocol", ["sse", "multipart"])
async def test_an_answer_that_is_no_stream_is_a_failure(protocol: str) -> None:
    async with serving(always(ok(b'{"errors":[]}'))) as server:
        with pytest.raises(SubgraphReplyInvalid, match="expected a stream"):
            await collected(streaming(server.url, protocol))


async def test_a_stream_that_never_begins_times_out() -> None:
    async def respond(request: Request, writer: asyncio.StreamWriter) -> bool:
        await asyncio.Event().wait()
        return False

    async with serving(respond) as server:
        with pytest.raises(SubgraphTimeout):
            await collected(streaming(server.url, "sse", acknowledge_timeout_seconds=0.01))


async def test_too_large_an_event_is_refused() -> None:
    async with serving(stream("text/event-stream", b"data: " + b"x" * 5000)) as server:
        with pytest.raises(SubgraphReplyInvalid, match="large"):
            await collected(streaming(server.url, "sse", max_body_bytes=1000))


@pytest.mark.parametrize("protocol", ["sse", "multipart", "websocket"])
async def test_nobody_listens(protocol: str) -> None:
    async with serving(always(b"")) as server:
        url = server.url
    with pytest.raises(SubgraphUnavailable):
        await collected(streaming(url, protocol))


@asynccontextmanager
async def socket_server(play: Any, heard: list[Any]) -> AsyncGenerator[str, None]:
    async def handle(connection: ServerConnection) -> None:
        assert connection.request is not None
        heard.append(connection.request.headers.get("authorization"))
        try:
            heard.append(orjson.loads(await connection.recv())["type"])
            await connection.send('{"type":"connection_ack"}')
            heard.append(orjson.loads(await connection.recv()))
            await play(connection)
            while True:
                heard.append(orjson.loads(await connection.recv())["type"])
        except ConnectionClosed:
            heard.append("closed")
        heard.append("end")

    async with serve(handle, "127.0.0.1", 0, subprotocols=["graphql-transport-ws"]) as server:  # type: ignore[list-item]  # plain strings are what the library takes
        port = next(iter(server.sockets)).getsockname()[1]
        yield f"http://127.0.0.1:{port}/graphql"


async def test_a_web_socket_carries_a_subscription() -> None:
    async def play(connection: ServerConnection) -> None:
        for event in EVENTS:
            await connection.send(orjson.dumps({"type": "next", "id": "1", "payload": event}).decode())
        await connection.send('{"type":"complete","id":"1"}')

    heard: list[Any] = []
    async with socket_server(play, heard) as url:
        assert await collected(HttpTransport(url), authorization="x") == EVENTS
    assert heard[:3] == [
        "x",
        "connection_init",
        {"id": "1", "type": "subscribe", "payload": {"query": "subscription{a}"}},
    ]


async def test_leaving_a_web_socket_completes_the_subscription() -> None:
    async def play(connection: ServerConnection) -> None:
        await connection.send('{"type":"next","id":"1","payload":{"data":{"a":1}}}')

    heard: list[Any] = []
    async with socket_server(play, heard) as url:
        transport = HttpTransport(url)
        events = transport.subscribe(BODY, {})
        assert orjson.loads(await anext(events)) == EVENTS[0]
        await events.aclose()
        await transport.aclose()
    assert heard[3:] == ["complete", "closed", "end"]


async def test_a_web_socket_that_breaks_is_a_failure() -> None:
    async def play(connection: ServerConnection) -> None:
        await connection.send('{"type":"next","id":"1","payload":{"data":{"a":1}}}')
        await connection.close(1011)

    async with socket_server(play, []) as url:
        events = HttpTransport(url).subscribe(BODY, {})
        assert orjson.loads(await anext(events)) == EVENTS[0]
        with pytest.raises(SubgraphUnavailable):
            await anext(events)


async def test_aiohttp_fetches_like_the_pooled_client() -> None:
    async with serving(always(ok(b'{"data":1}', "X-Cost: 3"))) as server:
        http = SessionHttp(server.url, HttpOptions())
        reply = await http.fetch(BODY, {"authorization": "x"}, 5.0)
        await http.aclose()
    assert (reply.status, reply.body, reply.content_type) == (200, b'{"data":1}', "application/json")
    assert reply.headers["x-cost"] == "3"
    assert server.requests[0].headers["authorization"] == "x"


async def test_aiohttp_bounds_size_and_time() -> None:
    gate = asyncio.Event()

    async def respond(request: Request, writer: asyncio.StreamWriter) -> bool:
        await gate.wait()
        writer.write(ok(b"x" * 5000))
        await writer.drain()
        return False

    async with serving(respond) as server:
        http = SessionHttp(server.url, HttpOptions(max_body_bytes=100))
        with pytest.raises(SubgraphTimeout):
            await http.fetch(BODY, {}, 0.01)
        gate.set()
        with pytest.raises(SubgraphReplyInvalid, match="large"):
            await http.fetch(BODY, {}, 5.0)
        await http.aclose()


async def test_aiohttp_names_what_it_cannot_reach() -> None:
    async with serving(always(b"")) as server:
        url = server.url
    http = SessionHttp(url, HttpOptions())
    with pytest.raises(SubgraphUnavailable):
        await http.fetch(BODY, {}, 5.0)
    await http.aclose()


def test_tls_is_left_to_aiohttp() -> None:
    transport = HttpTransport("https://example.com/graphql")
    assert transport.fetch.__self__.__class__ is SessionHttp  # type: ignore[attr-defined]  # a bound method
