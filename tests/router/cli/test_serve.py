"""`marquee-router serve`: what it refuses, and how processes of it answer and end."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from tests.router.cli.commands import compose, refusal, write_graph


def test_a_taken_port_is_said(graph: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = refusal("serve", "--port", port, "--supergraph", graph / "graph.yaml")
    assert f"127.0.0.1:{port}" in said
    assert "--port" in said


def test_a_supergraph_that_is_broken_is_named_with_its_line(graph: Path) -> None:
    broken = graph / "broken.graphql"
    broken.write_text("type Query {\n  a: Int\n  b: [\n}\n")
    command = [sys.executable, "-m", "marquee_router", "serve", "--supergraph", str(broken), "--port", "0"]
    said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert said.returncode == 2
    assert "broken.graphql: line 4: " in said.stderr
    assert "Traceback" not in said.stderr
    assert "nosuch" in refusal("serve", "--supergraph", str(graph / "nosuch"), "--port", "0")
    assert "--subgraph" in refusal("serve")


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("http:\n  max_body_bytes: banana\n", ":2: http.max_body_bytes"),
        ("http:\n  max_body_bytes: [\n", ":3"),
    ],
)
def test_a_configuration_that_is_broken_is_named_with_its_line(graph: Path, text: str, where: str) -> None:
    config = graph / "router.yaml"
    config.write_text(text)
    supergraph = str(graph / "products.graphql")
    assert f"router.yaml{where}" in refusal("serve", "--supergraph", supergraph, "--config", str(config))


@asynccontextmanager
async def subgraph() -> AsyncIterator[str]:
    """A subgraph of one field over HTTP; yields its address."""

    async def answer(request: web.Request) -> web.Response:
        assert "product" in (await request.json())["query"]
        return web.json_response({"data": {"product": {"name": "Ticket"}}})

    app = web.Application()
    app.router.add_post("/graphql", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/graphql"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def router(*arguments: str) -> AsyncIterator[tuple[str, asyncio.subprocess.Process]]:
    """A router's address and process."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "marquee_router", "serve", "--port", "0", *arguments,
        stdout=asyncio.subprocess.PIPE, env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    assert process.stdout is not None
    try:
        async with asyncio.timeout(90):
            found = re.search(r"listens on (http://\S+)/graphql", (await process.stdout.readline()).decode())
        assert found
        yield found[1], process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_a_router_answers_by_one_process_or_several_and_ends_cleanly(graph: Path) -> None:
    async with subgraph() as url:
        write_graph(graph, products=url)
        supergraph = str(graph / "supergraph.graphql")
        await asyncio.to_thread(compose, graph, "-o", supergraph)
        await asyncio.gather(
            *(answers_and_ends("--supergraph", supergraph, "--workers", count) for count in ("1", "2"))
        )


async def answers_and_ends(*arguments: str) -> None:
    async with router(*arguments) as (address, process), aiohttp.ClientSession() as session:
        async with session.get(f"{address}/health") as response:
            assert (response.status, await response.json()) == (200, {"status": "ok"})
        body = {"query": "{ product(id: 1) { name } }"}
        async with session.post(f"{address}/graphql", json=body) as response:
            assert await response.json() == {"data": {"product": {"name": "Ticket"}}}
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(15):
            assert process.stdout is not None
            await process.stdout.read()  # ends once no process has it open
            assert await process.wait() == 0


async def test_workers_end_when_their_parent_is_killed(graph: Path) -> None:
    supergraph = str(graph / "supergraph.graphql")
    await asyncio.to_thread(compose, graph, "-o", supergraph)
    async with router("--supergraph", supergraph, "--workers", "2") as (_, process):
        process.kill()
        async with asyncio.timeout(15):
            assert process.stdout is not None
            await process.stdout.read()  # ends once no process has it open
