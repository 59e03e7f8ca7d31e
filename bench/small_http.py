"""The smallest HTTP server that can stand behind a gateway: one function answers, one write a response."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from typing import Any, cast

import click
import httptools
import orjson
import uvloop

Answer = Callable[[str, bytes], bytes]
"""From the path, without slashes around it, and the request's body to the whole response."""


class _Connection(asyncio.Protocol):
    """One keep-alive connection."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._parser = httptools.HttpRequestParser(self)
        self._path = ""
        self._body = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop has a type of its own

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._path = url.decode("ascii").strip("/")
        self._body = b""

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        self._transport.write(self._answer(self._path, self._body))


def response(answer: Any) -> bytes:
    """A whole response with JSON in it."""
    body = orjson.dumps(answer)
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode("ascii") + body


def serve(answer: Answer) -> None:
    """Serve on a free port, which is printed, until SIGTERM."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(answer))


async def _serve(answer: Answer) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    server = await loop.create_server(lambda: _Connection(answer), "127.0.0.1", 0)
    click.echo(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    await ended.wait()
    server.close()
