"""A server in a process of its own: started, watched for its CPU time, ended by SIGTERM.

Never measures by asking the server: what it used is read from the kernel.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 30.0
IDLE_SHARE: Final = 0.05
"""A server that uses less of one core than this has nothing left to do."""

_URL: Final = re.compile(r"https?://[^\s/]+")
_TICKS_PER_SECOND: Final = os.sysconf("SC_CLK_TCK")


class ServerFailed(RuntimeError):
    """A process did not start, or did not end well; the message is its output."""


@dataclass(frozen=True, slots=True)
class Server:
    """A process that listens at `url` (no path, no slash at the end)."""

    pid: int
    url: str

    def cpu_seconds(self) -> float:
        """CPU time of all its threads since it began, in user and kernel; ten milliseconds exact."""
        stat = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii")
        fields = stat.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND

    def memory_mib(self) -> float:
        """Resident memory."""
        return memory_mib(self.pid)

    async def settled(self, timeout_seconds: float = 60.0) -> None:
        """Wait until its background work is done. Raises `TimeoutError`."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(timeout_seconds):
            share = 1.0
            while share > IDLE_SHARE:
                cpu, clock = self.cpu_seconds(), loop.time()
                await asyncio.sleep(1.0)
                share = (self.cpu_seconds() - cpu) / (loop.time() - clock)


def memory_mib(pid: int) -> float:
    """Resident memory of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


@asynccontextmanager
async def serving(*arguments: str) -> AsyncIterator[Server]:
    """Run `python -m ARGUMENTS` until the block ends. Raises `ServerFailed`.

    The server listens once it prints a line with its URL.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *arguments, cwd=ROOT, env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    assert process.stdout is not None, "it is piped"
    output: list[str] = []
    try:
        url = await _url(process.stdout, output)
        reading = asyncio.create_task(_read(process.stdout, output))
        yield Server(process.pid, url)
    finally:
        await _end(process)
    await reading
    if process.returncode != 0:
        raise ServerFailed("\n".join(output))


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
    try:
        async with asyncio.timeout(STOP_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


async def run(*arguments: str) -> str:
    """Run `python -m ARGUMENTS` to its end and return what it printed. Raises `ServerFailed`."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", *arguments, cwd=ROOT,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    text = output.decode(errors="replace").strip()
    if process.returncode != 0:
        raise ServerFailed(text)
    return text


async def _url(stream: asyncio.StreamReader, output: list[str]) -> str:
    async with asyncio.timeout(START_SECONDS):
        async for line in stream:
            output.append(line.decode(errors="replace").rstrip())
            if found := _URL.search(output[-1]):
                return found[0]
    raise ServerFailed("\n".join(output))


async def _read(stream: asyncio.StreamReader, output: list[str]) -> None:
    output.extend([line.decode(errors="replace").rstrip() async for line in stream])
