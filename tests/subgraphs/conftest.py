"""What tests of every subgraph start from: a frozen clock, a runtime on empty stores, a door to a
started subgraph.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import MetaData

from subgraphs.kit.app import Subgraph
from subgraphs.kit.clock import FrozenClock
from subgraphs.kit.database import Database
from subgraphs.kit.events import EmbeddedBroker
from subgraphs.kit.identity import IdentityVerifier
from subgraphs.kit.runtime import Runtime
from subgraphs.kit.settings import load_settings
from tests.subgraphs.door import Door, IdentitySigner

OpenDoor = Callable[[Callable[[Runtime], Subgraph]], Awaitable[Door]]


@dataclass(frozen=True, slots=True)
class PostgresRuntime(Runtime):
    """A runtime whose databases are on PostgreSQL, each test's its own."""

    server: str = ""
    made: list[str] = field(default_factory=list)

    async def open_database(self, subgraph: str, *tables: MetaData) -> Database:
        name = f"marquee_test_{subgraph}_{uuid.uuid4().hex[:12]}"
        self.made.append(name)
        url = f"{self.server.replace('postgresql://', 'postgresql+asyncpg://')}/{name}"
        return await Database.open(url, *tables, pool_size=10)


@pytest.fixture
def clock() -> FrozenClock:
    return FrozenClock()


@pytest.fixture
def signer(clock: FrozenClock) -> IdentitySigner:
    return IdentitySigner(clock)


@pytest.fixture
async def runtime(tmp_path: Path, clock: FrozenClock, signer: IdentitySigner) -> AsyncIterator[Runtime]:
    """A runtime on SQLite."""
    broker = await EmbeddedBroker.open(tmp_path / "broker.sqlite", clock=clock)
    yield Runtime(
        settings=load_settings({}, data_dir=tmp_path),
        clock=clock,
        broker=broker,
        identity=IdentityVerifier(signer.keys, clock),
    )
    await broker.close()


@pytest.fixture(params=["sqlite", "postgresql"])
async def any_runtime(request: pytest.FixtureRequest, runtime: Runtime) -> AsyncIterator[Runtime]:
    """The same test on both SQL stores, the real ones."""
    if request.param == "sqlite":
        yield runtime
        return
    server = os.environ.get("MARQUEE_TEST_POSTGRES_URL")
    if not server:
        pytest.skip("MARQUEE_TEST_POSTGRES_URL names no PostgreSQL")
    postgres = PostgresRuntime(
        settings=runtime.settings,
        clock=runtime.clock,
        broker=runtime.broker,
        identity=runtime.identity,
        server=server,
    )
    yield postgres
    connection = await asyncpg.connect(f"{server}/postgres")
    for name in postgres.made:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    await connection.close()


@pytest.fixture
async def open_door(runtime: Runtime, signer: IdentitySigner) -> AsyncIterator[OpenDoor]:
    """Starts a subgraph on SQLite by its `build`; stopped when the test ends."""
    async with AsyncExitStack() as stack:
        yield _opener(runtime, signer, stack)


@pytest.fixture
async def open_any_door(any_runtime: Runtime, signer: IdentitySigner) -> AsyncIterator[OpenDoor]:
    """The same on SQLite and on PostgreSQL."""
    async with AsyncExitStack() as stack:
        yield _opener(any_runtime, signer, stack)


def _opener(runtime: Runtime, signer: IdentitySigner, stack: AsyncExitStack) -> OpenDoor:
    async def open_(build: Callable[[Runtime], Subgraph]) -> Door:
        subgraph = build(runtime)
        await subgraph.start()
        stack.push_async_callback(subgraph.stop)
        subgraph.speak()
        return Door(subgraph, signer)

    return open_
