"""`Process`: one process of the stack, to be started, asked, stopped, killed. Knows nothing of the cinema."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

_PAUSE_SECONDS = 0.05
_START_SECONDS = 120.0
_LINES_SHOWN = 25

_ENDS_WITH_US = ("setpriv", "--pdeathsig=TERM") if shutil.which("setpriv") else ()
"""Sends child processes SIGTERM when this process ends, even by SIGKILL (Linux)."""

Ready = Callable[[], Awaitable[bool]]


class StartFailed(RuntimeError):
    """A process ended, or was not ready in time; the message holds the end of its log."""


@dataclass(slots=True)
class Process:
    """A process that is a group of its own; its output goes to a file."""

    name: str
    command: Sequence[str]
    log: Path
    ready: Ready
    """Whether it serves now; must not raise."""
    url: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    _running: asyncio.subprocess.Process | None = None

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._running is not None and self._running.returncode is None

    @property
    def pid(self) -> int:
        """The id of the running process."""
        assert self._running is not None
        return self._running.pid

    async def start(self, *, wait: bool = True) -> None:
        """Start it, and wait until it is ready. Raises `StartFailed`."""
        assert not self.is_running, f"{self.name} is running"
        with self.log.open("ab") as log:
            self._running = await asyncio.create_subprocess_exec(
                *_ENDS_WITH_US,
                *self.command,
                env={**self.environment},
                cwd=self.folder,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        if wait:
            await self.wait_ready()

    async def wait_ready(self, seconds: float = _START_SECONDS) -> None:
        """Wait until it is ready. Raises `StartFailed`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self.is_running:
                    if await self.ready():
                        return
                    await asyncio.sleep(_PAUSE_SECONDS)
        raise StartFailed(f"{self.name} is not ready. The end of {self.log}:\n{self.tail()}")

    async def finish(self) -> int:
        """Wait until it ends by itself; its exit code."""
        assert self._running is not None
        return await self._running.wait()

    async def stop(self, seconds: float = 20.0) -> int:
        """Ask it to end and wait, kill it when it does not; its exit code, 0 when it was not running."""
        if not self.is_running:
            return 0
        self.signal(self.stop_signal)
        try:
            async with asyncio.timeout(seconds):
                return await self.finish()
        except TimeoutError:
            return await self.kill()

    async def kill(self) -> int:
        """SIGKILL: nothing is tidied up."""
        if self.is_running:
            assert self._running is not None
            with suppress(ProcessLookupError):
                os.killpg(self._running.pid, signal.SIGKILL)
        return await self.finish() if self._running is not None else 0

    async def restart(self) -> None:
        """Stop it in peace, start it again, wait until it is ready."""
        await self.stop()
        await self.start()

    def pause(self) -> None:
        """Let it hang: it keeps its connections and answers nothing."""
        assert self._running is not None
        os.killpg(self._running.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        assert self._running is not None
        os.killpg(self._running.pid, signal.SIGCONT)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process itself."""
        assert self._running is not None
        with suppress(ProcessLookupError):
            self._running.send_signal(number)

    def tail(self) -> str:
        """The last lines of its log."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return "\n".join(lines[-_LINES_SHOWN:])


def listens(host: str, port: int) -> Ready:
    """Ready when the port accepts connections."""

    async def ready() -> bool:
        try:
            _, writer = await asyncio.open_connection(host, port)
        except OSError:
            return False
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        return True

    return ready


def answers(url: str, *, worst: int = 200) -> Ready:
    """Ready when the address answers, with no status above `worst`."""

    async def ready() -> bool:
        timeout = aiohttp.ClientTimeout(total=2)
        try:
            async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as response:
                return response.status <= worst
        except (aiohttp.ClientError, TimeoutError):
            return False

    return ready


def succeeds(*command: str, environment: Mapping[str, str] | None = None) -> Ready:
    """Ready when the command ends with 0."""

    async def ready() -> bool:
        process = await asyncio.create_subprocess_exec(
            *command,
            env=None if environment is None else {**environment},
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        return await process.wait() == 0

    return ready
