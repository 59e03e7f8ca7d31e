"""The cinema as separate processes: a router and the subgraphs of a purchase, on stores that exist."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import yaml

from tests.marquee.running import ROOT

_FIRST_PORT, _LAST_PORT = 20_000, 32_000
SUBGRAPHS = ("showtimes", "tickets", "payments", "notifications")


def free_ports(count: int) -> list[int]:
    """Free ports, below those that the system gives to outgoing connections."""
    found: list[int] = []
    for port in range(_FIRST_PORT + os.getpid() % 5_000, _LAST_PORT):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            return found
    raise RuntimeError("no free ports")


@asynccontextmanager
async def separate(
    folder: Path, data_dir: Path, environment: Mapping[str, str], subgraphs: Sequence[str] = SUBGRAPHS
) -> AsyncIterator[dict[str, int]]:
    """Each part's port, by name, while all run; the router's name is `router`."""
    ports = dict(zip(("router", *subgraphs), free_ports(len(subgraphs) + 1), strict=True))
    config = {
        "subgraphs": {
            "by_name": {name: {"url": f"http://127.0.0.1:{ports[name]}/graphql"} for name in subgraphs}
        },
        "mask_subgraph_errors": False,
        "telemetry": {"otlp_url": environment["MARQUEE_OTLP_URL"]},
    }
    (folder / "router.yaml").write_text(yaml.safe_dump(config))
    keys = f"http://127.0.0.1:{ports['router']}/.well-known/jwks.json"
    async with AsyncExitStack() as stack:
        router = (
            "router",
            "--supergraph",
            "schema/supergraph.graphql",
            "--config",
            str(folder / "router.yaml"),
        )
        parts = [_Part(("marquee", *router), ports["router"])]
        for name in subgraphs:
            arguments = ("marquee", "subgraph", name, "--router-keys", keys, "--data-dir", str(data_dir))
            parts.append(_Part(arguments, ports[name]))
        for part in parts:
            await part.start(environment)
            stack.callback(part.kill)
        await asyncio.gather(*[part.listening() for part in parts])
        yield ports
        for part in parts:
            part.terminate()
        await asyncio.gather(*[part.ended() for part in parts])


class _Part:
    """One process of the cinema."""

    def __init__(self, arguments: Sequence[str], port: int) -> None:
        self._arguments = (*arguments, "--port", str(port))
        self._output = b""
        self._rest: asyncio.Task[bytes] | None = None

    async def start(self, environment: Mapping[str, str]) -> None:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", *self._arguments,
            cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
        )  # fmt: skip

    async def listening(self) -> None:
        assert self._process.stdout is not None
        async with asyncio.timeout(60):
            while b"listens on" not in self._output:
                line = await self._process.stdout.readline()
                assert line, self._output.decode()
                self._output += line
        self._rest = asyncio.create_task(self._process.stdout.read())

    def terminate(self) -> None:
        self._process.send_signal(signal.SIGTERM)

    async def ended(self) -> None:
        assert self._rest is not None
        async with asyncio.timeout(30):
            code = await self._process.wait()
        assert code == 0, (self._output + await self._rest).decode()

    def kill(self) -> None:
        if self._process.returncode is None:
            self._process.kill()
