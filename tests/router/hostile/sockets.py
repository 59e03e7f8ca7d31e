"""Sockets and streams of clients that mean no good: raw frames, floods, silence, leaving at any moment."""

from __future__ import annotations

import asyncio
import base64
import os
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final
from urllib.parse import urlsplit

import aiohttp

PROTOCOL: Final = "graphql-transport-ws"
INIT: Final = {"type": "connection_init"}
STREAM: Final = '{"query": "subscription { seatMapChanged(showtimeId: \\"shw_x\\") { version } }"}'


async def open_raw(url: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection."""
    address = urlsplit(url)
    return await asyncio.open_connection(address.hostname, address.port)


@asynccontextmanager
async def raw_socket(url: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A WebSocket after its handshake, to write frames on by hand."""
    reader, writer = await open_raw(url)
    key = base64.b64encode(os.urandom(16)).decode()
    lines = (
        "GET /graphql HTTP/1.1", "host: router", "upgrade: websocket", "connection: upgrade",
        f"sec-websocket-key: {key}", "sec-websocket-version: 13",
        f"sec-websocket-protocol: {PROTOCOL}", "", "",
    )  # fmt: skip
    writer.write("\r\n".join(lines).encode())
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101 ")
    try:
        yield reader, writer
    finally:
        writer.transport.abort()


@asynccontextmanager
async def graphql_socket(url: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """A WebSocket that was acknowledged."""
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{url}/graphql", protocols=[PROTOCOL], max_msg_size=0) as socket,
    ):
        await socket.send_json(INIT)
        assert (await socket.receive_json(timeout=5))["type"] == "connection_ack"
        yield socket


def masked(opcode: int, payload: bytes, *, final: bool = True) -> bytes:
    """A frame as a client sends it."""
    length = len(payload)
    head = bytes([opcode | (0x80 if final else 0)])
    if length < 126:
        head += bytes([0x80 | length])
    elif length < 65_536:
        head += b"\xfe" + struct.pack("!H", length)
    else:
        head += b"\xff" + struct.pack("!Q", length)
    return head + b"\0\0\0\0" + payload


BAD_FRAMES: Final = {
    "a reserved opcode": masked(3, b"x"),
    "reserved bits": b"\xf1\x80\0\0\0\0",
    "no mask": b"\x81\x02{}",
    "text that is no UTF-8": masked(1, b"\xff\xfe"),
    "a long ping": masked(9, b"x" * 200),
    "a piece of nothing": masked(0, b"x"),
    "a ping in pieces": masked(9, b"x", final=False),
    "a close of one byte": masked(8, b"x"),
    "a length of an exabyte": b"\x81\xff" + struct.pack("!Q", 2**60) + b"\0\0\0\0",
    "a message of two megabytes": masked(1, b"x" * 2**21),
    "bytes at random": bytes(range(256)),
}

BAD_MESSAGES: Final[dict[str, Any]] = {
    "no JSON": "{",
    "a number": "5",
    "a list": "[]",
    "no type": "{}",
    "an unknown type": '{"type": "x"}',
    "a second init": '{"type": "connection_init"}',
    "an id that is a number": '{"type": "subscribe", "id": 5, "payload": {"query": "{ __typename }"}}',
    "no payload": '{"type": "subscribe", "id": "1"}',
    "20,000 lists": "[" * 20_000,
}

BAD_OPERATIONS: Final[dict[str, Any]] = {
    "a syntax error": {"query": "{"},
    "no query": {},
    "a query that is a number": {"query": 5},
    "an unknown field": {"query": "{ nothing }"},
    "20,000 levels": {"query": "{ a " * 20_000},
    "a wrong variable": {"query": "query ($id: ID!) { movie(id: $id) { id } }", "variables": {"id": []}},
    "an unknown hash": {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}},
    "a circle": {"query": "{ ...A } fragment A on Query { ...A }"},
}
