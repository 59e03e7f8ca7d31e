"""SIGTERM under load: every connection that was accepted gets an answer, from one process or several."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from pathlib import Path

import pytest

from marquee_schema.composition import Subgraph, compose
from tests.router.execution.http.server import Request, ok, serving
from tests.router.serving.routers import router

CLIENTS = 8
BODY = b'{"query":"{ one }"}'
REQUEST = (
    b"POST /graphql HTTP/1.1\r\nhost: here\r\ncontent-type: application/json\r\n"
    b"content-length: %d\r\n%s\r\n%s"
)


class Load:
    """Clients that ask without a pause until their connections are refused."""

    def __init__(self, url: str) -> None:
        host, _, port = url.removeprefix("http://").partition(":")
        self._address = (host, int(port))
        self.answered = 0
        self.lost: Counter[str] = Counter()
        """What went wrong after a connection was there."""
        self.errors: list[str] = []
        self.enough = asyncio.Event()

    async def client(self, *, keeps: bool) -> None:
        """One client: on one connection as long as the server lets it, or on a new one for each request."""
        request = REQUEST % (len(BODY), b"" if keeps else b"connection: close\r\n", BODY)
        while True:
            try:
                reader, writer = await asyncio.open_connection(*self._address)
            except ConnectionRefusedError:
                return
            asked = 0
            try:
                while await self._ask(reader, writer, request):
                    asked += 1
            except (OSError, asyncio.IncompleteReadError) as error:
                self.lost["used" if asked else "fresh"] += 1
                self.errors.append(f"{asked} {error!r}")
            finally:
                writer.close()

    async def _ask(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> bool:
        """One request; whether another may follow on this connection."""
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        body = await reader.readexactly(length)
        if not head.startswith(b"HTTP/1.1 200 ") or body != b'{"data":{"one":1}}':
            self.lost[f"{head[:15]!r} {body!r}"] += 1
        self.answered += 1
        if self.answered >= 40 * CLIENTS:
            self.enough.set()
        return b"connection: close" not in head.lower()


async def number(request: Request, writer: asyncio.StreamWriter) -> bool:
    """A subgraph that takes some turns of the loop, so that there is always something under way."""
    for _ in range(50):
        await asyncio.sleep(0)
    writer.write(ok(b'{"data":{"one":1}}'))
    await writer.drain()
    return True


@pytest.mark.parametrize("workers", [1, 3])
async def test_no_request_is_lost_when_a_router_ends(workers: int, tmp_path: Path) -> None:
    file = tmp_path / "supergraph.graphql"
    async with serving(number) as server:
        subgraph = Subgraph("numbers", server.url, "type Query { one: Int }")
        file.write_text(compose([subgraph]).supergraph_sdl)
        async with router("--supergraph", str(file), "--workers", str(workers)) as running:
            load = Load(running.url)
            async with asyncio.timeout(60), asyncio.TaskGroup() as group:
                for _ in range(CLIENTS // 2):
                    group.create_task(load.client(keeps=True))
                    group.create_task(load.client(keeps=False))
                await load.enough.wait()
                running.signal(signal.SIGTERM)
            assert not load.lost, load.errors
            assert await running.process.wait() == 0
            assert not [line for line in running.said if "Traceback" in line or "ERROR" in line]
