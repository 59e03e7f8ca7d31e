"""`Proxy`: a TCP port before a real server, which a test can cut, stall and take away.

`async with Proxy.before(host, port) as proxy:` and then `proxy.port` in the place of the server's.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

_CHUNK = 65536


class Proxy:
    """Passes bytes on, both ways, until a test stalls or cuts it."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._server: asyncio.Server | None = None
        self._flows = asyncio.Event()
        self._flows.set()
        self._connections: set[asyncio.Task[None]] = set()
        self.port = 0
        self.accepted = 0
        """How many connections were accepted so far."""
        self.passed = 0
        """How many bytes were passed on so far, both ways."""

    @classmethod
    @contextlib.asynccontextmanager
    async def before(cls, host: str, port: int) -> AsyncIterator[Proxy]:
        """Listen on a free port of 127.0.0.1 for the block."""
        proxy = cls(host, port)
        await proxy.accept()
        try:
            yield proxy
        finally:
            await proxy.refuse()

    async def accept(self) -> None:
        """Listen, after `refuse` on the same port again."""
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
            self.port = self._server.sockets[0].getsockname()[1]

    async def refuse(self) -> None:
        """Be away: cut all connections and accept none."""
        if self._server is not None:
            self._server.close()
            self._server = None
        await self.cut()

    async def cut(self) -> None:
        """End all connections at once, as a reset does; new ones are accepted."""
        for task in tuple(self._connections):
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def stall(self) -> None:
        """Pass nothing on, and close nothing: the server seems to hang."""
        self._flows.clear()

    def flow(self) -> None:
        """Pass on again, also what came meanwhile."""
        self._flows.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None, "asyncio serves each connection in a task"
        self._connections.add(task)
        self.accepted += 1
        far_writer: asyncio.StreamWriter | None = None
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._target)
            await asyncio.gather(self._pass(reader, far_writer), self._pass(far_reader, writer))
        except (OSError, asyncio.CancelledError):
            pass  # cut by the test or by either end
        finally:
            self._connections.discard(task)
            for each in (writer, far_writer):
                if each is not None:
                    each.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(_CHUNK):
            await self._flows.wait()
            writer.write(chunk)
            await writer.drain()
            self.passed += len(chunk)
        await self._flows.wait()
        writer.write_eof()
