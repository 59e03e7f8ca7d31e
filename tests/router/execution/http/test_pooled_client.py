"""The pooled HTTP client against real sockets that behave, and that do not."""

from __future__ import annotations

import asyncio

import pytest

from marquee_router.errors import (
    RouterMisconfigured,
    SubgraphReplyInvalid,
    SubgraphTimeout,
    SubgraphUnavailable,
)
from marquee_router.execution.http import HttpOptions, HttpTransport
from marquee_router.execution.http.pooled_client import PooledHttp
from tests.router.execution.http.server import Request, Respond, Server, always, ok, serving

BODY = b'{"query":"{a}"}'
ANSWER = b'{"data":{"a":1}}'


def client(server: Server, **options: int | float) -> PooledHttp:
    return PooledHttp(server.url, HttpOptions(**options))  # type: ignore[arg-type]  # numbers only


def in_turn(*answers: bytes) -> Respond:
    """Answers one request after another with these."""
    left = list(answers)

    async def respond(_: Request, writer: asyncio.StreamWriter) -> bool:
        writer.write(left.pop(0))
        return True

    return respond


async def test_a_request_carries_body_and_headers_and_its_answer_comes_back() -> None:
    async with serving(always(ok(ANSWER, "X-Cost: 3"))) as server:
        transport = HttpTransport(server.url)
        reply = await transport.fetch(BODY, {"authorization": "Bearer x"}, 5.0)
        await transport.aclose()
    (request,) = server.requests
    assert request.line == "POST /graphql HTTP/1.1"
    assert request.body == BODY
    assert request.headers["authorization"] == "bearer x"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["host"] == f"127.0.0.1:{server.port}"
    assert (reply.status, reply.body, reply.content_type) == (200, ANSWER, "application/json")
    assert reply.headers["x-cost"] == "3"


async def test_connections_are_used_again() -> None:
    async with serving(always(ok(ANSWER))) as server:
        http = client(server)
        for _ in range(5):
            await http.fetch(BODY, {}, 5.0)
        await http.aclose()
    assert (server.connections, len(server.requests)) == (1, 5)


async def test_each_answer_of_a_connection_is_its_own() -> None:
    answers = [
        ok(ANSWER, "X-Turn: 1"),
        ok(ANSWER, "X-Turn: 1"),
        ok(b'{"data":{"a":12345}}', "X-Turn: 1"),
        ok(b"", "X-Turn: 1"),
        ok(ANSWER, "X-Turn: 1", status="500 Internal Server Error"),
        ok(ANSWER, "X-Turn: 1", status="500 Internal Server Error"),
        ok(ANSWER, "X-Turn: 2"),
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        ok(ANSWER, "X-Turn: 2"),
        b"HTTP/1.1 100 Continue\r\n\r\n" + ok(ANSWER, "X-Turn: 2"),
        ok(ANSWER, "X-Turn: 2"),
    ]
    async with serving(in_turn(*answers)) as server:
        http = client(server)
        replies = [await http.fetch(BODY, {}, 5.0) for _ in answers]
        await http.aclose()
    assert server.connections == 1
    assert [(reply.status, reply.headers.get("x-turn"), reply.body) for reply in replies] == [
        (200, "1", ANSWER),
        (200, "1", ANSWER),
        (200, "1", b'{"data":{"a":12345}}'),
        (200, "1", b""),
        (500, "1", ANSWER),
        (500, "1", ANSWER),
        (200, "2", ANSWER),
        (200, None, b"abc"),
        (200, "2", ANSWER),
        (200, "2", ANSWER),
        (200, "2", ANSWER),
    ]
    lengths = [reply.headers.get("content-length") for reply in replies]
    assert lengths == ["16", "16", "20", "0", "16", "16", "16", None, "16", "16", "16"]


async def test_more_than_a_known_answer_ends_the_connection() -> None:
    async with serving(in_turn(ok(ANSWER), ok(ANSWER) + ok(ANSWER), ok(ANSWER))) as server:
        http = client(server)
        for _ in range(3):
            assert (await http.fetch(BODY, {}, 5.0)).body == ANSWER
        await http.aclose()
    assert server.connections == 2


async def test_too_large_a_known_answer_is_refused() -> None:
    async with serving(in_turn(ok(ANSWER), ok(b"x" * 5000), ok(ANSWER))) as server:
        http = client(server, max_body_bytes=1000)
        assert (await http.fetch(BODY, {}, 5.0)).body == ANSWER
        with pytest.raises(SubgraphReplyInvalid, match="large"):
            await http.fetch(BODY, {}, 5.0)
        assert (await http.fetch(BODY, {}, 5.0)).body == ANSWER
        await http.aclose()


async def test_a_connection_the_server_wants_closed_is_not_used_again() -> None:
    async with serving(always(ok(ANSWER, "Connection: close"), keep=False)) as server:
        http = client(server)
        for _ in range(2):
            assert (await http.fetch(BODY, {}, 5.0)).body == ANSWER
        await http.aclose()
    assert server.connections == 2


async def test_a_chunked_answer_in_pieces_is_put_together() -> None:
    async def respond(request: Request, writer: asyncio.StreamWriter) -> bool:
        pieces = [
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ntransfer-en",
            b'coding: chunked\r\n\r\n5\r\n{"dat\r\nb',
            b'\r\na":{"a":1}}\r\n0\r\n\r\n',
        ]
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        return True

    async with serving(respond) as server:
        http = client(server)
        for _ in range(2):
            assert (await http.fetch(BODY, {}, 5.0)).body == ANSWER
        await http.aclose()
    assert server.connections == 1


async def test_a_body_without_a_length_ends_with_the_connection() -> None:
    async with serving(always(b"HTTP/1.1 200 OK\r\n\r\n" + ANSWER, keep=False)) as server:
        http = client(server)
        assert (await http.fetch(BODY, {}, 5.0)).body == ANSWER
        await http.aclose()


async def test_a_cut_off_answer_is_a_failure() -> None:
    async with serving(always(ok(ANSWER)[:-3], keep=False)) as server:
        http = client(server)
        with pytest.raises(SubgraphUnavailable):
            await http.fetch(BODY, {}, 5.0, idempotent=True)
        await http.aclose()
    assert len(server.requests) == 1


async def test_a_status_of_failure_is_an_answer_like_any_other() -> None:
    async with serving(always(ok(b"oops", status="500 Internal Server Error"))) as server:
        http = client(server)
        reply = await http.fetch(BODY, {}, 5.0)
        await http.aclose()
    assert (reply.status, reply.body) == (500, b"oops")


async def test_bytes_that_are_not_http_are_a_failure() -> None:
    async with serving(always(b"SMTP ready\r\n", keep=False)) as server:
        http = client(server)
        with pytest.raises(SubgraphReplyInvalid):
            await http.fetch(BODY, {}, 5.0)
        await http.aclose()


async def test_too_large_an_answer_is_refused_while_it_arrives() -> None:
    async with serving(always(ok(b"x" * 5000))) as server:
        http = client(server, max_body_bytes=1000)
        with pytest.raises(SubgraphReplyInvalid, match="large"):
            await http.fetch(BODY, {}, 5.0)
        await http.aclose()


class OneThenClose:
    """Answers each connection once, then closes it when told to."""

    def __init__(self) -> None:
        self.answered = 0

    async def __call__(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        self.answered += 1
        if self.answered == 2:
            return False
        writer.write(ok(ANSWER))
        await writer.drain()
        return True


async def test_a_query_on_a_stale_connection_is_sent_once_more() -> None:
    async with serving(OneThenClose()) as server:
        http = client(server)
        await http.fetch(BODY, {}, 5.0)
        assert (await http.fetch(BODY, {}, 5.0, idempotent=True)).body == ANSWER
        await http.aclose()
    assert (server.connections, len(server.requests)) == (2, 3)


async def test_a_mutation_on_a_stale_connection_is_not_sent_again() -> None:
    async with serving(OneThenClose()) as server:
        http = client(server)
        await http.fetch(BODY, {}, 5.0)
        with pytest.raises(SubgraphUnavailable):
            await http.fetch(BODY, {}, 5.0)
        await http.aclose()
    assert len(server.requests) == 2


async def test_an_old_idle_connection_is_not_trusted() -> None:
    async with serving(always(ok(ANSWER))) as server:
        http = client(server, idle_seconds=-1.0)
        for _ in range(2):
            await http.fetch(BODY, {}, 5.0)
        await http.aclose()
    assert server.connections == 2


class Held:
    """Answers when the gate opens."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.arrived = asyncio.Event()

    async def __call__(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        self.arrived.set()
        await self.gate.wait()
        writer.write(ok(ANSWER))
        await writer.drain()
        return True


async def test_a_slow_subgraph_times_out_and_its_connection_is_dropped() -> None:
    held = Held()
    async with serving(held) as server:
        http = client(server)
        with pytest.raises(SubgraphTimeout):
            await http.fetch(BODY, {}, 0.01, idempotent=True)
        held.gate.set()
        assert (await http.fetch(BODY, {}, 5.0)).body == ANSWER
        await http.aclose()
    assert server.connections == 2


async def test_a_cancelled_call_drops_its_connection() -> None:
    held = Held()
    async with serving(held) as server:
        http = client(server)
        call = asyncio.create_task(http.fetch(BODY, {}, 5.0))
        await held.arrived.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        held.gate.set()
        assert (await http.fetch(BODY, {}, 5.0)).body == ANSWER
        await http.aclose()
    assert server.connections == 2


async def test_calls_beyond_the_bound_wait_their_turn() -> None:
    held = Held()
    async with serving(held) as server:
        http = client(server, max_connections=2)
        calls = [asyncio.create_task(http.fetch(BODY, {}, 5.0)) for _ in range(7)]
        await held.arrived.wait()
        held.gate.set()
        replies = await asyncio.gather(*calls)
        await http.aclose()
    assert {reply.body for reply in replies} == {ANSWER}
    assert server.connections == 2


async def test_waiting_in_line_counts_towards_the_timeout() -> None:
    held = Held()
    async with serving(held) as server:
        http = client(server, max_connections=1)
        first = asyncio.create_task(http.fetch(BODY, {}, 5.0))
        await held.arrived.wait()
        with pytest.raises(SubgraphTimeout):
            await http.fetch(BODY, {}, 0.01)
        held.gate.set()
        await first
        assert (await http.fetch(BODY, {}, 5.0)).body == ANSWER
        await http.aclose()


async def test_a_connection_freed_by_a_failure_serves_who_waits() -> None:
    held = Held()
    async with serving(held) as server:
        http = client(server, max_connections=1)
        first = asyncio.create_task(http.fetch(BODY, {}, 5.0))
        await held.arrived.wait()
        second = asyncio.create_task(http.fetch(BODY, {}, 5.0))
        await asyncio.sleep(0)
        first.cancel()
        held.gate.set()
        assert (await second).body == ANSWER
        await http.aclose()


async def test_nobody_listens() -> None:
    async with serving(always(b"")) as server:
        pass
    http = client(server)
    for _ in range(3):
        with pytest.raises(SubgraphUnavailable):
            await http.fetch(BODY, {}, 5.0)


async def test_a_closed_transport_sends_nothing() -> None:
    async with serving(always(ok(ANSWER))) as server:
        http = client(server)
        await http.aclose()
        with pytest.raises(SubgraphUnavailable):
            await http.fetch(BODY, {}, 5.0)
    assert server.requests == []


async def test_a_header_cannot_smuggle_in_another() -> None:
    async with serving(always(ok(ANSWER))) as server:
        http = client(server)
        with pytest.raises(SubgraphUnavailable):
            await http.fetch(BODY, {"x": "1\r\nx-admin: yes"}, 5.0)
        await http.aclose()
    assert server.requests == []


def test_only_http_urls() -> None:
    with pytest.raises(RouterMisconfigured):
        PooledHttp("https://example.com", HttpOptions())
