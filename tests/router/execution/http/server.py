"""A real server on a real socket that sends exactly the bytes a test gives it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeAlias

Respond: TypeAlias = Callable[["Request", asyncio.StreamWriter], Awaitable[bool]]
"""Writes an answer; False closes the connection."""


@dataclass
class Request:
    line: str
    headers: dict[str, str]
    body: bytes
    reader: asyncio.StreamReader = field(repr=False)

    async def gone(self) -> None:
        """Wait until the client hangs up."""
        await self.reader.read()


@dataclass
class Server:
    respond: Respond
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    stop: Callable[[], None] = lambda: None
    """Listens no more."""
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)
    _handling: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/graphql"

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        task = asyncio.current_task()
        assert task is not None
        self._handling.add(task)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                line, *lines = head.decode().strip().split("\r\n")
                headers = dict(each.lower().split(": ", 1) for each in lines)
                body = await reader.readexactly(int(headers["content-length"]))
                request = Request(line, headers, body, reader)
                self.requests.append(request)
                if not await self.respond(request, writer):
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._writers.discard(writer)
            self._handling.discard(task)
            writer.close()

    async def idle(self) -> None:
        """Wait until all connections are closed."""
        while self._handling:
            await asyncio.wait(set(self._handling))

    def drop_connections(self) -> None:
        """Close every connection, as a server does with idle ones."""
        for writer in self._writers:
            writer.close()


@asynccontextmanager
async def serving(respond: Respond) -> AsyncGenerator[Server, None]:
    server = Server(respond)
    listener = await asyncio.start_server(server.handle, "127.0.0.1", 0)
    server.stop = listener.close
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        server.drop_connections()
        await listener.wait_closed()


def ok(body: bytes, *headers: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body)}", *headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def always(data: bytes, *, keep: bool = True) -> Respond:
    async def respond(request: Request, writer: asyncio.StreamWriter) -> bool:
        writer.write(data)
        await writer.drain()
        return keep

    return respond
