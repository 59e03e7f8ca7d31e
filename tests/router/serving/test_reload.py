"""A running router takes a new supergraph and new settings: no request is lost, nothing unusable is taken."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web

from marquee_schema.composition import Subgraph, compose
from tests.eventually import eventually
from tests.router.execution.http.server import Request, Server, ok, serving
from tests.router.serving.routers import Router, router

SCHEMA = """
type Query { one: Int two: Int slow: Int }
type Subscription { ticks: Int others: Int }
"""
WITH_THREE = SCHEMA.replace("two: Int", "two: Int three: Int")
WITHOUT_TWO = SCHEMA.replace("two: Int", "three: Int")
BROKEN = "type Query {"


def supergraph(sdl: str, url: str) -> str:
    return compose([Subgraph("numbers", url, sdl)]).supergraph_sdl


class Numbers:
    """A subgraph of numbers: waits before `slow`, streams what the test gives it."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.waiting = 0
        self.ticks: asyncio.Queue[int] = asyncio.Queue()

    async def __call__(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        if request.headers["accept"].startswith("text/event-stream"):
            return await self._stream(request, writer)
        if b"slow" in request.body:
            self.waiting += 1
            await self.gate.wait()
        writer.write(ok(b'{"data":{"one":1,"two":2,"three":3,"slow":0}}'))
        await writer.drain()
        return True

    async def _stream(self, request: Request, writer: asyncio.StreamWriter) -> bool:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
        name = b"ticks" if b"ticks" in request.body else b"others"
        while True:
            tick = await self.ticks.get()
            writer.write(b'event: next\ndata: {"data":{"%b":%d}}\n\n' % (name, tick))
            await writer.drain()


@pytest.fixture
async def numbers() -> AsyncIterator[tuple[Numbers, Server]]:
    subgraph = Numbers()
    async with serving(subgraph) as server:
        yield subgraph, server


Served = tuple[Numbers, Server]


async def knows(running: Router, field: str) -> bool:
    return "errors" not in await running.ask(f"{{ {field} }}")


async def test_a_changed_file_is_served_and_no_request_is_lost(numbers: Served, tmp_path: Path) -> None:
    subgraph, server = numbers
    file = tmp_path / "supergraph.graphql"
    file.write_text(supergraph(SCHEMA, server.url))
    async with router("--supergraph", str(file), "--hot-reload") as running:
        stop = asyncio.Event()
        answered = 0

        async def ask() -> None:
            nonlocal answered
            while not stop.is_set():
                assert await running.ask("{ one }") == {"data": {"one": 1}}
                answered += 1

        asking = [asyncio.create_task(ask()) for _ in range(8)]
        held = asyncio.create_task(running.ask("{ slow two }"))
        await eventually(lambda: subgraph.waiting)
        new = tmp_path / "new"
        new.write_text(supergraph(WITHOUT_TWO, server.url))
        new.replace(file)
        await eventually(lambda: knows(running, "three"))
        assert not await knows(running, "two")
        before = answered
        await eventually(lambda: answered > before + 20)
        stop.set()
        await asyncio.gather(*asking)
        subgraph.gate.set()
        assert await held == {"data": {"slow": 0, "two": 2}}
        assert await running.metric('router_reloads_total{outcome="applied"} 1.0')


async def test_what_cannot_be_used_is_refused_and_said(numbers: Served, tmp_path: Path) -> None:
    file = tmp_path / "supergraph.graphql"
    file.write_text(supergraph(SCHEMA, numbers[1].url))
    async with router("--supergraph", str(file), "--hot-reload") as running:
        file.write_text(BROKEN)
        (line,) = await running.says("refused, the old supergraph and settings go on")
        assert f"{file}: " in line
        assert "line" in line or "Syntax" in line
        file.unlink()
        await running.says("no new supergraph, the old one goes on: .*No such file")
        assert await knows(running, "two")
        assert await running.metric('router_reloads_total{outcome="refused"} 1.0')
        assert await running.metric('router_reloads_total{outcome="unreadable"} 1.0')
        file.write_text(supergraph(WITH_THREE, numbers[1].url))
        await eventually(lambda: knows(running, "three"))


@asynccontextmanager
async def registry(texts: list[str], asked: list[int]) -> AsyncIterator[str]:
    """Serves the last of the texts with its `ETag`; notes each status."""

    async def answer(request: web.Request) -> web.Response:
        etag = f'"{len(texts)}"'
        if request.headers.get("if-none-match") == etag:
            asked.append(304)
            return web.Response(status=304)
        if texts[-1] == "":
            asked.append(500)
            return web.Response(status=500)
        asked.append(200)
        return web.Response(text=texts[-1], headers={"etag": etag})

    app = web.Application()
    app.router.add_get("/supergraph", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/supergraph"
    finally:
        await runner.cleanup()


async def test_an_address_is_polled_by_its_tag(numbers: Served) -> None:
    texts, asked = [supergraph(SCHEMA, numbers[1].url)], list[int]()
    async with registry(texts, asked) as url, router("--supergraph", url, "--poll", "0.1") as running:
        await eventually(lambda: asked[:3] == [200, 304, 304])
        texts.append("")
        await running.says("HTTP 500")
        texts.append(supergraph(WITH_THREE, numbers[1].url))
        await eventually(lambda: knows(running, "three"))
        assert asked.count(200) == 2


async def test_sighup_reloads_supergraph_and_settings_in_every_worker(
    numbers: Served, tmp_path: Path
) -> None:
    file, config = tmp_path / "supergraph.graphql", tmp_path / "router.yaml"
    file.write_text(supergraph(SCHEMA, numbers[1].url))
    config.write_text("introspection: true\n")
    arguments = ("--supergraph", str(file), "--config", str(config), "--workers", "2")
    async with router(*arguments, connections=1) as running:
        file.write_text(supergraph(WITH_THREE, numbers[1].url))
        config.write_text("introspection: false\ncors: {origins: ['https://a.test']}\n")
        running.signal(signal.SIGHUP)
        await running.says(r"reloaded: .*supergraph\.graphql", times=2)
        await running.says(r"wait for the next start: cors", times=2)
        for _ in range(6):
            assert await knows(running, "three")
            refused = await running.ask("{ __schema { queryType { name } } }")
            assert refused["errors"][0]["extensions"]["code"] == "INTROSPECTION_DISABLED"
            await running.session.post(f"{running.url}/graphql", headers={"connection": "close"})
        config.write_text("limits: {max_dept: 3}\n")
        running.signal(signal.SIGHUP)
        lines = await running.says("the settings are refused", times=2)
        assert all("router" in line for line in lines)
        await running.says(r"router\.yaml:1", times=2)
        assert await knows(running, "three")
        running.signal(signal.SIGTERM)
        assert await running.process.wait() == 0


async def test_a_subscription_lasts_as_long_as_the_schema_allows_it(numbers: Served, tmp_path: Path) -> None:
    subgraph, server = numbers
    file, config = tmp_path / "supergraph.graphql", tmp_path / "router.yaml"
    file.write_text(supergraph(SCHEMA, server.url))
    config.write_text("subgraphs: {all: {subscription_protocol: sse}}\n")
    async with (
        router("--supergraph", str(file), "--config", str(config)) as running,
        running.session.ws_connect(f"{running.url}/graphql", protocols=["graphql-transport-ws"]) as socket,
    ):
        await socket.send_json({"type": "connection_init"})
        assert (await socket.receive_json())["type"] == "connection_ack"
        for name in ("ticks", "others"):
            query = f"subscription {{ {name} }}"
            await socket.send_json({"id": name, "type": "subscribe", "payload": {"query": query}})
        await eventually(lambda: len(server.requests) == 2)
        file.write_text(supergraph(SCHEMA.replace("others: Int", ""), server.url))
        running.signal(signal.SIGHUP)
        assert await socket.receive_json() == {"id": "others", "type": "complete"}
        await running.says("reloaded: ")
        subgraph.ticks.put_nowait(7)  # one may go to the stream that ended
        subgraph.ticks.put_nowait(7)
        event = await socket.receive_json()
        assert event == {"id": "ticks", "type": "next", "payload": {"data": {"ticks": 7}}}
