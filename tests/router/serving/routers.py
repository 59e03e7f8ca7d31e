"""`marquee-router serve` as a process of its own, before subgraphs of the test."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

START_SECONDS = 60


@dataclass(slots=True)
class Router:
    """The process; `said` is what it writes on standard error."""

    process: asyncio.subprocess.Process
    url: str
    session: aiohttp.ClientSession
    said: list[str] = field(default_factory=list)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def ask(self, query: str) -> Any:
        """The whole answer."""
        async with self.session.post(f"{self.url}/graphql", json={"query": query}) as response:
            return await response.json(content_type=None)

    async def metric(self, line: str) -> bool:
        """Whether the metrics have this line."""
        async with self.session.get(f"{self.url}/metrics") as response:
            return line in (await response.text()).splitlines()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to it."""
        self.process.send_signal(number)

    async def says(self, pattern: str, times: int = 1) -> list[str]:
        """Wait until so many lines match; returns them."""
        async with asyncio.timeout(20), self._news:
            while len(found := [line for line in self.said if re.search(pattern, line)]) < times:
                await self._news.wait()
        return found

    async def listen(self) -> None:
        """Read until it ends."""
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            async with self._news:
                self.said.append(line.decode(errors="replace").rstrip())
                self._news.notify_all()


@asynccontextmanager
async def router(*arguments: str, connections: int = 50) -> AsyncIterator[Router]:
    """`marquee-router serve` on a free port; killed at the end when it has not ended."""
    command = (sys.executable, "-m", "marquee_router", "serve", "--port", "0", *arguments)
    async with running(*command, connections=connections) as started:
        yield started


@asynccontextmanager
async def running(*command: str, folder: Path | None = None, connections: int = 50) -> AsyncIterator[Router]:
    """A program that serves a router, once it has printed where it listens."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert process.stdout is not None
    connector = aiohttp.TCPConnector(limit=connections)
    async with aiohttp.ClientSession(connector=connector) as session:
        started = Router(process, "", session)
        listening = asyncio.create_task(started.listen())
        try:
            async with asyncio.timeout(START_SECONDS):
                line = (await process.stdout.readline()).decode()
            found = re.search(r"listens on (http://\S+)/graphql", line)
            assert found, started.said
            started.url = found[1]
            yield started
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
            await listening
