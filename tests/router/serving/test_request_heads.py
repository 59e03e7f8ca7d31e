"""Connections without a complete head are closed; a request in pieces is answered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.types import Receive, Scope, Send

from marquee_router.serving import request_heads
from marquee_router.serving.drain import DrainingServer
from marquee_router.serving.listener import listen
from marquee_router.serving.server_config import server_config

HEAD = b"GET / HTTP/1.1\r\nhost: here\r\n\r\n"


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@asynccontextmanager
async def connected(
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection to a server that waits a tenth of a second for a head."""
    monkeypatch.setattr(request_heads, "HEAD_SECONDS", 0.1)
    started = asyncio.Event()
    with listen("127.0.0.1", 0) as listener:
        server = DrainingServer(server_config(app, lifespan="off"), after_start=started.set)
        serving = asyncio.create_task(server._serve([listener]))
        await started.wait()
        reader, writer = await asyncio.open_connection(*listener.getsockname()[:2])
        try:
            yield reader, writer
        finally:
            writer.close()
            server.should_exit = True
            await serving


@pytest.mark.parametrize("said", [b"", b"\r\n", b"GET", HEAD[:-2], HEAD + HEAD[:-2]])
async def test_who_does_not_come_to_the_point_is_let_go(monkeypatch: pytest.MonkeyPatch, said: bytes) -> None:
    async with connected(monkeypatch) as (reader, writer), asyncio.timeout(5):
        writer.write(said)
        answer = await reader.read()
    assert answer.endswith(b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
    assert answer.count(b"ok") == said.count(HEAD)


async def test_a_head_in_pieces_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    async with connected(monkeypatch) as (reader, writer), asyncio.timeout(5):
        for piece in (HEAD[:5], HEAD[5:20], HEAD[20:]):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        assert (await reader.readuntil(b"ok")).startswith(b"HTTP/1.1 200 ")


async def test_a_head_without_an_end_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    async with connected(monkeypatch) as (reader, writer), asyncio.timeout(5):
        writer.write(b"GET / HTTP/1.1\r\n" + b"x: y\r\n" * 50_000)
        assert (await reader.read(12)) in (b"HTTP/1.1 431", b"HTTP/1.1 408")
