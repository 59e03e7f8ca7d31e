"""`@defer` as clients see it: real ones that read parts, and plain ones that do not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from marquee_router import RouterApp, create_app
from marquee_router.config import RouterConfig
from tests import npm
from tests.router.execution.incremental.test_incremental_plan import World
from tests.router.transport.driving import Socket, call, post, stream
from tests.router.transport.serving import served

SOURCES = Path(__file__).parent / "clients"
QUERY = '{ film { title ... @defer(label: "later") { stars } } }'
FIRST = {"data": {"film": {"title": "Film 1"}}, "hasNext": True}
LATER = {
    "incremental": [{"data": {"stars": 1}, "path": ["film"], "label": "later"}],
    "hasNext": False,
}
WHOLE = {"data": {"film": {"title": "Film 1", "stars": 1}}}
APOLLO = {
    "accept": "multipart/mixed;deferSpec=20220824,application/graphql-response+json,application/json;q=0.9"
}
PART = b"\r\ncontent-type: application/json\r\n\r\n"


def app_over(world: World, settings: dict[str, Any] | None = None) -> RouterApp:
    return create_app(world.supergraph, world.transports, RouterConfig.model_validate(settings or {}))


def bodies(raw: bytes) -> list[Any]:
    """The JSON of each part, after the framing has been checked."""
    head, *pieces, tail = (
        raw.split(b"\r\n--graphql") if raw.startswith(b"\r\n") else (b"\r\n" + raw).split(b"\r\n--graphql")
    )
    assert (head, tail) == (b"", b"--\r\n")
    assert all(piece.startswith(PART) for piece in pieces)
    return [orjson.loads(piece.removeprefix(PART)) for piece in pieces]


async def test_a_client_of_apollos_gets_parts() -> None:
    client = stream(app_over(World()), {"query": QUERY}, headers=APOLLO)
    status, headers = await client.head()
    assert (status, headers["content-type"]) == (
        200,
        'multipart/mixed; boundary="graphql"; deferSpec=20220824',
    )
    assert bodies(await client.rest()) == [FIRST, LATER]


async def test_the_drafts_format_is_given_when_it_is_asked_for() -> None:
    accept = {"accept": "multipart/mixed;incrementalSpec=v0.2, application/json"}
    client = stream(app_over(World()), {"query": QUERY}, headers=accept)
    _, headers = await client.head()
    assert headers["content-type"].endswith("incrementalSpec=v0.2")
    first, later = bodies(await client.rest())
    assert first["pending"] == [{"id": "0", "path": ["film"], "label": "later"}]
    assert later["completed"] == [{"id": "0"}]


@pytest.mark.parametrize(
    "accept",
    [
        "application/json",
        "application/graphql-response+json",
        'multipart/mixed;boundary="graphql";subscriptionSpec=1.0,application/json',
        "text/event-stream, application/json",
    ],
)
async def test_a_client_that_reads_no_parts_gets_a_whole_answer(accept: str) -> None:
    answer = await post(app_over(World()), QUERY, headers={"accept": accept})
    assert "json" in answer.headers["content-type"]
    assert answer.json == WHOLE


async def test_a_refusal_is_an_ordinary_answer() -> None:
    answer = await post(
        app_over(World()),
        "query($n: Boolean!) { film { ... @defer(if: $n) { stars } } }",
        {"n": 1},
        headers=APOLLO,
    )
    assert answer.status == 400
    assert answer.code == "BAD_USER_INPUT"


async def test_a_mutation_by_get_is_refused() -> None:
    answer = await call(
        app_over(World()),
        "GET",
        query_string="query=mutation%7Brename%7Btitle...@defer%7Bstars%7D%7D%7D",
        headers=APOLLO,
    )
    assert answer.status == 405


async def test_it_can_be_switched_off() -> None:
    answer = await post(app_over(World(), {"defer": {"enabled": False}}), QUERY)
    assert answer.code == "GRAPHQL_VALIDATION_FAILED"


async def test_the_rest_is_given_up_when_the_client_leaves() -> None:
    world = World()
    world.gated["reviews"].gate.clear()
    client = stream(app_over(world), {"query": QUERY}, headers=APOLLO)
    await client.head()
    while b"hasNext" not in await client.piece():
        pass
    await client.leave()
    assert not [task for task in asyncio.all_tasks() if "defer" in task.get_name()]


async def test_a_socket_carries_the_parts() -> None:
    socket = Socket(app_over(World()), ["graphql-transport-ws"])
    await socket.ready()
    socket.send({"id": "1", "type": "subscribe", "payload": {"query": QUERY}})
    assert [await socket.receive() for _ in range(3)] == [
        {"id": "1", "type": "next", "payload": FIRST},
        {"id": "1", "type": "next", "payload": LATER},
        {"id": "1", "type": "complete"},
    ]
    await socket.leave()


@pytest.fixture(scope="module")
def clients() -> Path:
    """The folder the scripts run in."""
    if not npm.is_available():
        pytest.skip(npm.MISSING)
    return npm.installed(SOURCES)


async def results(folder: Path, url: str, name: str, query: str) -> AsyncIterator[Any]:
    """What a client prints, line by line."""
    process = await asyncio.create_subprocess_exec(
        *("node", "defer.mjs", f"{url}/graphql", name, query),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    while line := await process.stdout.readline():
        yield orjson.loads(line)
    complaint = (await process.stderr.read()).decode()
    assert await process.wait() == 0, complaint


async def test_apollo_client_shows_the_first_part_while_a_subgraph_is_slow(clients: Path) -> None:
    world = World()
    world.gated["reviews"].gate.clear()
    query = "{ films { id title ... @defer { stars reviews { body ... @defer { author { name born } } } } } }"
    async with served(app_over(world)) as url:
        seen: list[Any] = []
        async for result in results(clients, url, "apollo", query):
            seen.append(result)
            world.gated["reviews"].gate.set()
    assert seen[0]["state"] == "streaming"
    assert seen[0]["data"]["films"][0] == {"id": "1", "title": "Film 1"}
    assert seen[-1]["state"] == "complete"
    assert seen[-1]["data"] == (await world.ask(query))["data"]


async def test_apollo_client_is_told_the_errors_of_a_later_part(clients: Path) -> None:
    world = World()
    world.gated["reviews"].down = True
    async with served(app_over(world)) as url:
        seen = [
            result async for result in results(clients, url, "apollo", "{ film { id ... @defer { stars } } }")
        ]
    assert seen[-1]["errors"] == [["film"]]


@pytest.mark.parametrize("name", ["graphql-ws", "graphql-sse", "graphql-sse, single"])
async def test_other_clients_pass_the_parts_on(clients: Path, name: str) -> None:
    world = World()
    world.gated["reviews"].gate.clear()
    async with served(app_over(world)) as url:
        seen: list[Any] = []
        async for result in results(clients, url, name, QUERY):
            seen.append(result)
            world.gated["reviews"].gate.set()
    assert seen == [FIRST, LATER]
