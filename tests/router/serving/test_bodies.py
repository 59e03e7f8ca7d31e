"""Bodies that are too large or too slow, over real sockets: the client can read the refusal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from marquee_router import Extras
from marquee_router.serving.drain import DrainingServer
from marquee_router.serving.listener import listen
from marquee_router.serving.server_config import server_config
from marquee_router.transport.http import unread_body
from tests.eventually import attempts
from tests.router.transport.fake import fake_app

MEGABYTE = 1024 * 1024
HEAD = b"POST /graphql HTTP/1.1\r\nhost: here\r\ncontent-type: application/json\r\n"
BOUNDARY = "----form"
FORM = {"content-type": f"multipart/form-data; boundary={BOUNDARY}", "graphql-require-preflight": "1"}
QUERY = b'{"query": "{ hello }"}'


async def take(request: Request) -> Response:
    """An embedder's endpoint that reads the whole body."""
    return PlainTextResponse(f"{len(await request.body())} bytes")


@asynccontextmanager
async def serving(settings: dict[str, Any]) -> AsyncIterator[tuple[str, int]]:
    """The address of a router as it is served in production, with a route beside GraphQL's."""
    app, _ = fake_app(settings, extras=Extras(routes=[Route("/hook", take, methods=["POST"])]))
    started = asyncio.Event()
    with listen("127.0.0.1", 0) as listener:
        server = DrainingServer(server_config(app), after_start=started.set)
        running = asyncio.create_task(server._serve([listener]))
        await started.wait()
        try:
            yield listener.getsockname()[:2]
        finally:
            server.should_exit = True
            await running


async def pieces(first: bytes, of: bytes, megabytes: int) -> AsyncIterator[bytes]:
    yield first
    for _ in range(megabytes):
        yield of * MEGABYTE


def part(name: str, content: bytes, file: str = "") -> bytes:
    named = f'; filename="{file}"' if file else ""
    head = f'--{BOUNDARY}\r\ncontent-disposition: form-data; name="{name}"{named}\r\n\r\n'
    return head.encode() + content + b"\r\n"


UPLOAD = (
    part("operations", b'{"query": "{ hello }", "variables": {"f": null}}')
    + part("map", b'{"0": ["variables.f"]}')
    + part("0", b"", "a.bin").removesuffix(b"\r\n")
)


@pytest.mark.parametrize(
    ("headers", "first", "of"),
    [
        ({"content-type": "application/json"}, b'{"query": "', b"x"),
        ({"content-type": "application/json"}, b'[{"query": "{ hello }"},', b" "),
        (FORM, UPLOAD, b"x"),
    ],
    ids=["one", "batch", "files"],
)
@pytest.mark.parametrize("announced", [True, False])
async def test_a_client_that_streams_ten_megabytes_reads_its_413(
    headers: dict[str, str], first: bytes, of: bytes, announced: bool
) -> None:
    settings = {"http": {"uploads": {"enabled": True, "max_file_bytes": MEGABYTE}}}
    if announced:
        headers = {**headers, "content-length": str(len(first) + 10 * MEGABYTE)}
    async with serving(settings) as (host, port), asyncio.timeout(30), aiohttp.ClientSession() as session:
        for _ in range(3):
            url = f"http://{host}:{port}/graphql"
            async with session.post(url, data=pieces(first, of, 10), headers=headers) as answer:
                told = await answer.json()
            assert (answer.status, answer.headers["connection"]) == (413, "close")
            assert told["errors"][0]["extensions"]["code"] == "PAYLOAD_TOO_LARGE"


async def test_who_reads_only_after_it_has_sent_all_is_not_reset() -> None:
    """As most simple clients do: a blocking `sendall`, then the first `recv`."""
    async with serving({}) as address, asyncio.timeout(30):
        reader, writer = await asyncio.open_connection(*address)
        writer.write(HEAD + b"content-length: %d\r\n\r\n" % (10 * MEGABYTE))
        for _ in range(10):
            writer.write(b" " * MEGABYTE)
            await writer.drain()
        answer = await reader.read()
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert b"PAYLOAD_TOO_LARGE" in answer
        writer.close()


async def test_a_client_that_never_ends_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unread_body, "LINGER_BYTES", 2 * MEGABYTE)
    async with serving({"http": {"max_body_bytes": MEGABYTE}}) as address, asyncio.timeout(30):
        _, writer = await asyncio.open_connection(*address)
        writer.write(HEAD + b"transfer-encoding: chunked\r\n\r\n")
        piece = b"100000\r\n" + b" " * MEGABYTE + b"\r\n"
        with pytest.raises(ConnectionError):
            await send_for_ever(writer, piece)
        writer.close()


async def send_for_ever(writer: asyncio.StreamWriter, piece: bytes) -> None:
    while True:
        writer.write(piece)
        await writer.drain()


async def test_a_client_that_only_waits_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unread_body, "LINGER_SECONDS", 0.1)
    async with serving({}) as address, asyncio.timeout(30):
        reader, writer = await asyncio.open_connection(*address)
        writer.write(HEAD + b"content-length: 99999999\r\n\r\n")
        assert (await reader.read()).startswith(b"HTTP/1.1 413 ")
        writer.close()


async def test_a_large_body_that_has_come_whole_leaves_its_connection_open() -> None:
    async with serving({"http": {"max_body_bytes": 100}}) as address, asyncio.timeout(30):
        reader, writer = await asyncio.open_connection(*address)
        writer.write(HEAD + b"transfer-encoding: chunked\r\n\r\n65\r\n" + b" " * 101 + b"\r\n0\r\n\r\n")
        assert (await reader.readuntil(b"}]}")).startswith(b"HTTP/1.1 413 ")
        writer.write(HEAD + b"content-length: %d\r\n\r\n" % len(QUERY) + QUERY)
        assert (await reader.readuntil(b"}}")).startswith(b"HTTP/1.1 200 ")
        writer.close()


async def test_who_asks_before_it_sends_is_told_without_sending() -> None:
    async with serving({}) as address, asyncio.timeout(30):
        reader, writer = await asyncio.open_connection(*address)
        writer.write(HEAD + b"expect: 100-continue\r\ncontent-length: 99999999\r\n\r\n")
        assert (await reader.readline()).startswith(b"HTTP/1.1 413 ")
        assert b"100 Continue" not in await reader.readuntil(b"}]}")
        writer.close()


@pytest.mark.parametrize("kind", ["json", "form", "chunked"])
async def test_a_body_that_comes_a_byte_at_a_time_is_ended(kind: str) -> None:
    """Each byte in time, and the whole not: the bound is on the body, not on the pause between bytes."""
    settings = {"http": {"body_timeout_seconds": 0.3, "uploads": {"enabled": True, "timeout_seconds": 0.3}}}
    head = {
        "json": HEAD + b"content-length: 1000\r\n\r\n",
        "form": b"".join(
            [
                b"POST /graphql HTTP/1.1\r\nhost: here\r\ncontent-length: 1000\r\n",
                *(f"{name}: {value}\r\n".encode() for name, value in FORM.items()),
                b"\r\n",
                UPLOAD,
            ]
        ),
        "chunked": HEAD + b"transfer-encoding: chunked\r\n\r\n",
    }[kind]
    async with serving(settings) as address, asyncio.timeout(30):
        reader, writer = await asyncio.open_connection(*address)
        writer.write(head)

        async def drip() -> None:
            async for _ in attempts(every=0.02):
                writer.write(b"1\r\n-\r\n" if kind == "chunked" else b"-")
                await writer.drain()

        dripping = asyncio.create_task(drip())
        answer = await reader.read()
        dripping.cancel()
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"REQUEST_TIMEOUT" in answer
        assert b"\r\nconnection: close\r\n" in answer
        writer.close()


async def test_other_routes_are_bounded_alike() -> None:
    settings = {"http": {"max_body_bytes": MEGABYTE, "body_timeout_seconds": 0.3}}
    hook = HEAD.replace(b"/graphql", b"/hook")
    async with serving(settings) as address, asyncio.timeout(30):
        for length, sent, expected in (
            (4, b"body", b"HTTP/1.1 200 "),
            (MEGABYTE, b" " * MEGABYTE, b"HTTP/1.1 200 "),
            (10 * MEGABYTE, b" " * 10 * MEGABYTE, b"HTTP/1.1 413 "),
            (4, b"bod", b"HTTP/1.1 408 "),
        ):
            reader, writer = await asyncio.open_connection(*address)
            writer.write(hook + b"connection: close\r\ncontent-length: %d\r\n\r\n" % length + sent)
            await writer.drain()
            assert (await reader.read()).startswith(expected)
            writer.close()
