"""A list of subgraphs is read again when a file or a running subgraph changes."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from pathlib import Path

from aiohttp import web

from marquee_router.cli.subgraph_watch import LoadedGraph, watch_graph
from marquee_router.serving.subgraph_list import GraphError
from tests.router.cli.commands import USERS


async def next_graph(watching: AsyncGenerator[LoadedGraph | GraphError]) -> LoadedGraph | GraphError:
    async with asyncio.timeout(10):
        return await anext(watching)


async def test_a_written_file_is_seen(people: Path) -> None:
    watching = watch_graph(people, poll_seconds=60)
    first = await next_graph(watching)
    assert isinstance(first, LoadedGraph)
    waiting = asyncio.create_task(next_graph(watching))
    while not waiting.done():  # the first writes may come before the watch is set up
        people.with_name("users.graphql").write_text(USERS + "# changed\n")
        await asyncio.wait([waiting], timeout=0.2)
    second = await waiting
    assert isinstance(second, LoadedGraph)
    assert second.subgraphs[0].sdl.endswith("# changed\n")
    await watching.aclose()


def list_running(people: Path, port: int) -> None:
    people.write_text(json.dumps({"subgraphs": {"users": {"url": f"http://127.0.0.1:{port}/graphql"}}}))


async def test_a_running_subgraph_is_asked_again(people: Path) -> None:
    sdl = USERS

    async def answer(_: web.Request) -> web.Response:
        return web.json_response({"data": {"_service": {"sdl": sdl}}})

    app = web.Application()
    app.router.add_post("/graphql", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    list_running(people, runner.addresses[0][1])
    watching = watch_graph(people, poll_seconds=0.1)
    try:
        assert isinstance(await next_graph(watching), LoadedGraph)
        sdl = USERS + "# changed\n"
        changed = await next_graph(watching)
        assert isinstance(changed, LoadedGraph)
        assert changed.subgraphs[0].sdl == sdl
        await runner.cleanup()
        lost = await next_graph(watching)
        assert isinstance(lost, GraphError)
    finally:
        await watching.aclose()
        await runner.cleanup()
