"""Our router beside the gateways of others: the same subgraphs, supergraph and operations, equal answers.

Each gateway is one process on a core of its own, the subgraphs and the load on another; they take turns,
round after round, so that what else the machine does meets all of them. Their answers must be equal before
anything is measured.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any, Final

import orjson

from bench import shop
from bench.client import Refused, client_of
from bench.figures import milliseconds, percentile, table
from bench.load import CLIENTS, WARM_UP_SECONDS, Operation, ask_for
from bench.plot import bar_chart
from bench.process import ROOT, Server, ServerFailed, serving
from tests import npm

PEERS: Final = ROOT / "bench" / "peers"
START_SECONDS: Final = 60.0
_UNPACKED: Final = {"accept-encoding": "identity"}
"""Not every gateway compresses responses, so no client accepts compression."""
HEAD: Final = ("gateway", "CPU ms a request", "ours to it", "requests/s", "p50 ms", "p99 ms", "memory MiB")


@dataclass(frozen=True, slots=True)
class Gateway:
    """How one gateway is started; `{supergraph}`, `{subgraphs}` and `{port}` are filled in."""

    name: str
    command: tuple[str, ...]
    packages: str | None = None
    """The folder of its npm packages."""


OURS: Final = Gateway(
    "Marquee",
    (sys.executable, "-m", "marquee", "router", "--supergraph", "{supergraph}", "--port", "{port}"),
)
_HIVE: Final = (
    "node_modules/.bin/hive-gateway", "supergraph", "{supergraph}", "--host", "127.0.0.1", "--port", "{port}",
)  # fmt: skip
GATEWAYS: Final = (
    OURS,
    Gateway("@apollo/gateway", ("node", "server.mjs", "{supergraph}", "{subgraphs}", "{port}"), "apollo"),
    Gateway("@graphql-hive/gateway --jit", (*_HIVE, "--jit"), "hive"),
    Gateway("@graphql-hive/gateway, router runtime", (*_HIVE, "--hive-router-runtime"), "hive"),
    Gateway(
        "@mercuriusjs/gateway (Federation 1)",
        ("node", "server.mjs", "{supergraph}", "{subgraphs}", "{port}"),
        "mercurius",
    ),
)


@dataclass(slots=True)
class Figures:
    """What one gateway did with one operation, over all rounds."""

    answer_bytes: int
    cpu_seconds: float = 0.0
    elapsed: float = 0.0
    latencies: list[float] = field(default_factory=list)
    memory_mib: float = 0.0

    @property
    def cpu_each(self) -> float:
        """CPU seconds a request."""
        return self.cpu_seconds / len(self.latencies)


async def measure(seconds: float, rounds: int, only: Sequence[str], plot: Path | None) -> str:
    """A table for each operation, and their CPU time as a chart in the file `plot`. Raises `Refused`,
    `ServerFailed`.
    """
    chosen = [
        each for each in GATEWAYS if each is OURS or not only or any(part in each.name for part in only)
    ]
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="marquee-bench-")))
        subgraphs = await stack.enter_async_context(serving("bench.shop"))
        supergraph = folder / "supergraph.graphql"
        await asyncio.to_thread(supergraph.write_text, shop.supergraph(subgraphs.url), "utf-8")
        listed = json.dumps([{"name": name, "url": f"{subgraphs.url}/{name}"} for name in shop.SDL])
        _pin(subgraphs.pid, 0)
        _pin(os.getpid(), 0)
        servers = {
            gateway: await stack.enter_async_context(_running(gateway, supergraph, listed))
            for gateway in chosen
        }
        measured = {
            operation.name: await _compare(operation, servers, seconds, rounds)
            for operation in shop.OPERATIONS
        }
    if plot is not None:
        groups = {
            name: {gateway.name: figures.cpu_each * 1000 for gateway, figures in each.items()}
            for name, each in measured.items()
        }
        chart = bar_chart("CPU ms a request (logarithmic; shorter is better)", groups, OURS.name)
        await asyncio.to_thread(plot.write_text, chart, "utf-8")
    return "\n\n".join(f"**{name}**:\n\n{_shown(each)}" for name, each in measured.items())


async def _compare(
    operation: Operation, servers: dict[Gateway, Server], seconds: float, rounds: int
) -> dict[Gateway, Figures]:
    answers = {gateway: await _answer(server, operation) for gateway, server in servers.items()}
    for gateway, answer in answers.items():
        if answer != answers[OURS]:
            raise Refused(
                f"{gateway.name} answers {operation.name} otherwise than we do: {str(answer)[:2000]}"
            )
    figures = {gateway: Figures(len(orjson.dumps(answer))) for gateway, answer in answers.items()}
    turns = count()
    for each in range(rounds):
        for gateway, server in servers.items():
            await _round(server, operation, turns, seconds, figures[gateway], warm_up=each == 0)
    return figures


def _shown(figures: dict[Gateway, Figures]) -> str:
    ours = figures[OURS].cpu_each
    rows = [
        (
            gateway.name,
            milliseconds(each.cpu_each),
            f"{ours / each.cpu_each:.3f}",
            f"{len(each.latencies) / each.elapsed:.0f}",
            milliseconds(percentile(each.latencies, 0.5)),
            milliseconds(percentile(each.latencies, 0.99)),
            f"{each.memory_mib:.0f}",
        )
        for gateway, each in figures.items()
    ]
    return f"{figures[OURS].answer_bytes:,} bytes of data\n\n{table(HEAD, rows)}"


async def _round(
    server: Server,
    operation: Operation,
    turns: count[int],
    seconds: float,
    figures: Figures,
    *,
    warm_up: bool,
) -> None:
    async with client_of(server.url, CLIENTS) as packed:
        client = replace(packed, headers=_UNPACKED)
        await ask_for(client, operation, turns, WARM_UP_SECONDS * (4 if warm_up else 0.3))
        cpu, clock = server.cpu_seconds(), time.perf_counter()
        answered = await ask_for(client, operation, turns, seconds)
        figures.cpu_seconds += server.cpu_seconds() - cpu
        figures.elapsed += time.perf_counter() - clock
        figures.latencies += answered.seconds
        figures.memory_mib = server.memory_mib()


async def _answer(server: Server, operation: Operation) -> Any:
    async with client_of(server.url, 1) as client:
        return orjson.loads(await client.post(operation.body(0)))["data"]


@asynccontextmanager
async def _running(gateway: Gateway, supergraph: Path, subgraphs: str) -> AsyncIterator[Server]:
    """The gateway's process, once it answers."""
    folder = (
        ROOT if gateway.packages is None else await asyncio.to_thread(npm.installed, PEERS / gateway.packages)
    )
    port = _free_port()
    filled = [part.format(supergraph=supergraph, subgraphs=subgraphs, port=port) for part in gateway.command]
    process = await asyncio.create_subprocess_exec(
        *filled, cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "NODE_ENV": "production"},
    )  # fmt: skip
    output: list[str] = []
    reading = asyncio.create_task(_read(process, output))
    try:
        server = Server(process.pid, f"http://127.0.0.1:{port}")
        await _answering(server, process, output)
        _pin(process.pid, 1)
        yield server
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
        await reading


async def _read(process: asyncio.subprocess.Process, output: list[str]) -> None:
    assert process.stdout is not None, "it is piped"
    output.extend([line.decode(errors="replace").rstrip() async for line in process.stdout])


async def _answering(server: Server, process: asyncio.subprocess.Process, output: list[str]) -> None:
    give_up = time.monotonic() + START_SECONDS
    async with client_of(server.url, 1) as client:
        while True:
            try:
                await client.ask("{ __typename }")
                return
            except Refused:
                if process.returncode is not None or time.monotonic() > give_up:
                    raise ServerFailed("\n".join(output)) from None
            await asyncio.sleep(0.1)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _pin(pid: int, core: int) -> None:
    """Keep all threads of a process on one core, when there are several."""
    if (os.cpu_count() or 1) > 1:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(thread.name), {core})
