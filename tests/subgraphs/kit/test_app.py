"""The life of a subgraph: started, failing to start, supervised, stopped, alone on a port."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
import uvicorn
from sqlalchemy import MetaData

from marquee_subgraphs.kit.app import Subgraph, Wiring
from marquee_subgraphs.kit.backend import Backend
from marquee_subgraphs.kit.clock import FrozenClock
from marquee_subgraphs.kit.database import Database
from marquee_subgraphs.kit.database.skew import clock_skew_seconds
from marquee_subgraphs.kit.runtime import Runtime
from marquee_subgraphs.kit.supervisor import BackgroundTask, Supervisor
from tests.subgraphs.door import Door, IdentitySigner
from tests.subgraphs.kit.graphql.shop import Shop, build, build_shop_schema


class Part:
    """Something opened that must be closed."""

    def __init__(self) -> None:
        self.closed = False

    async def close(self) -> None:
        self.closed = True


class AnnouncingServer(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()


def _subgraph(runtime: Runtime, wiring: Callable[[AsyncExitStack], Wiring]) -> Subgraph:
    async def wire(_: Runtime, stack: AsyncExitStack) -> Wiring:
        return wiring(stack)

    return Subgraph(runtime, name="shop", port=1, schema=build_shop_schema(), wire=wire)


async def test_a_part_that_fails_to_open_closes_those_before_it(runtime: Runtime) -> None:
    part = Part()

    def wiring(stack: AsyncExitStack) -> Wiring:
        stack.push_async_callback(part.close)
        raise OSError("the disk is full")

    subgraph = _subgraph(runtime, wiring)
    with pytest.raises(OSError, match="disk is full"):
        await subgraph.start()
    assert part.closed
    assert subgraph.service is None
    await subgraph.stop()


async def test_starting_twice_is_a_mistake_and_stopping_twice_is_not(runtime: Runtime) -> None:
    subgraph = build(runtime)
    await subgraph.start()
    with pytest.raises(RuntimeError, match="started already"):
        await subgraph.start()
    await subgraph.stop()
    await subgraph.stop()


async def test_readiness_names_the_part_that_fails(runtime: Runtime, signer: IdentitySigner) -> None:
    async def fine() -> None:
        return None

    async def down() -> None:
        raise ConnectionRefusedError("secret-host:5432")

    subgraph = _subgraph(runtime, lambda _: Wiring(service=Shop(), checks={"fine": fine, "store": down}))
    await subgraph.start()
    status, body = await Door(subgraph, signer).get("/ready")
    await subgraph.stop()
    assert status == 503
    assert body["parts"] == {"fine": "ok", "store": "ConnectionRefusedError"}


async def test_a_part_that_does_not_answer_is_not_ready_and_holds_up_no_other(
    runtime: Runtime, signer: IdentitySigner, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent() -> None:
        await asyncio.get_running_loop().create_future()

    monkeypatch.setattr("marquee_subgraphs.kit.readiness._CHECK_SECONDS", 0.01)
    subgraph = _subgraph(runtime, lambda _: Wiring(service=Shop(), checks={"store": silent}))
    await subgraph.start()
    status, body = await Door(subgraph, signer).get("/ready")
    await subgraph.stop()
    assert (status, body["parts"]) == (503, {"store": "TimeoutError"})


@pytest.mark.parametrize(("seconds", "clock"), [(0.0, "ok"), (60.0, "degraded"), (-60.0, "degraded")])
async def test_a_clock_that_differs_from_the_stores_is_told_and_still_served_by(
    runtime: Runtime, signer: IdentitySigner, postgres_url: str, seconds: float, clock: str
) -> None:
    database = await Database.open(postgres_url, MetaData())
    off = replace(runtime, clock=FrozenClock(datetime.now(UTC) + timedelta(seconds=seconds)))
    backend = Backend.of(database, off.events("shop", database), off.clock)
    subgraph = _subgraph(off, lambda _: Wiring(service=Shop(), backend=backend))
    await subgraph.start()
    status, body = await Door(subgraph, signer).get("/ready")
    await subgraph.stop()
    await database.close()
    assert (status, body["status"]) == (200, "ready" if clock == "ok" else clock)
    assert body["parts"]["clock"] == clock


async def test_a_file_has_no_clock_of_its_own(runtime: Runtime, tmp_path: Path) -> None:
    database = await Database.open(f"sqlite:///{tmp_path / 'store.sqlite'}", MetaData())
    assert await clock_skew_seconds(database, FrozenClock()) is None
    await database.close()


async def test_while_draining_it_is_alive_but_not_ready(runtime: Runtime, signer: IdentitySigner) -> None:
    subgraph = build(runtime)
    await subgraph.start()
    door = Door(subgraph, signer.of(subgraph.name))
    assert (await door.get("/ready"))[0] == 200
    subgraph.begin_drain()
    assert (await door.get("/health"))[0] == 200
    status, body = await door.get("/ready")
    await subgraph.stop()
    assert (status, body["parts"]) == (503, {"subgraph": "draining"})


async def test_a_task_that_fails_starts_again_and_its_failure_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    rounds: asyncio.Queue[int] = asyncio.Queue()
    cleaned = asyncio.Event()
    count = 0

    async def sweep() -> None:
        nonlocal count
        count += 1
        rounds.put_nowait(count)
        if count == 1:
            raise ValueError("the first round fails")
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            cleaned.set()

    supervisor = Supervisor(logging.getLogger("marquee.test"))
    with caplog.at_level(logging.ERROR, "marquee.test"):
        supervisor.start([BackgroundTask("sweep", sweep)])
        async with asyncio.timeout(5):
            assert [await rounds.get(), await rounds.get()] == [1, 2]
        await supervisor.close()
    assert cleaned.is_set()
    assert [record.getMessage() for record in caplog.records] == ["the task sweep failed and starts again"]


async def test_a_periodic_task_comes_again() -> None:
    rounds: asyncio.Queue[None] = asyncio.Queue()

    async def one_round() -> None:
        rounds.put_nowait(None)

    supervisor = Supervisor(logging.getLogger("marquee.test"))
    supervisor.start([BackgroundTask("tick", one_round, every_seconds=0.001)])
    async with asyncio.timeout(5):
        for _ in range(3):
            await rounds.get()
    await supervisor.close()


async def test_alone_on_a_port_it_starts_and_stops_with_its_server(runtime: Runtime) -> None:
    subgraph = build(runtime)
    config = uvicorn.Config(subgraph, host="127.0.0.1", port=0, log_config=None, ws="websockets-sansio")
    server = AnnouncingServer(config)
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(10):
        await server.up.wait()
    port = server.servers[0].sockets[0].getsockname()[1]
    async with aiohttp.ClientSession() as session:
        async with session.get(f"http://127.0.0.1:{port}/ready") as answer:
            assert (answer.status, (await answer.json())["status"]) == (200, "ready")
        query = {"query": "{ _service { sdl } }"}
        async with session.post(f"http://127.0.0.1:{port}/graphql", json=query) as answer:
            assert "type Query" in (await answer.json())["data"]["_service"]["sdl"]
    server.should_exit = True
    await serving
    assert subgraph.service is None
