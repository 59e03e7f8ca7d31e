"""What tests of every subgraph start from: a frozen clock, a runtime on empty stores, a door to a
started subgraph.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from marquee_subgraphs.kit.app import Subgraph
from marquee_subgraphs.kit.clock import FrozenClock
from marquee_subgraphs.kit.database import Database, History
from marquee_subgraphs.kit.documents import Documents, DocumentTables
from marquee_subgraphs.kit.documents.mongo.documents import MongoDocuments
from marquee_subgraphs.kit.events import EmbeddedBroker
from marquee_subgraphs.kit.identity import IdentityVerifier
from marquee_subgraphs.kit.runtime import Runtime
from marquee_subgraphs.kit.settings import load_settings
from tests.subgraphs.door import Door, IdentitySigner
from tests.subgraphs.mongo import Mongo, any_mongo, wire_url
from tests.subgraphs.stores import postgres_database, postgres_url, store_url

__all__ = ["any_mongo", "postgres_database", "postgres_url", "store_url", "wire_url"]
"""Fixtures that pytest finds here."""

OpenDoor = Callable[[Callable[[Runtime], Subgraph]], Awaitable[Door]]


@dataclass(frozen=True, slots=True)
class StoreRuntime(Runtime):
    """A runtime whose one database is at `store_url`."""

    store_url: str = ""

    async def open_database(self, subgraph: str, history: History) -> Database:
        return await Database.open(self.store_url, history, pool_size=10)


@dataclass(frozen=True, slots=True)
class MongoRuntime(StoreRuntime):
    """The same, with documents in MongoDB."""

    mongo: Mongo | None = None

    async def open_documents(self, subgraph: str, database: Database, *tables: DocumentTables) -> Documents:
        assert self.mongo is not None
        name = f"{self.mongo.database}_{subgraph}"
        return await MongoDocuments.open(self.mongo.url, name, database, tables, self.clock)


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


@pytest.fixture
async def any_runtime(store_url: str, runtime: Runtime) -> Runtime:
    """The same test on both SQL stores, the real ones."""
    return StoreRuntime(
        settings=runtime.settings,
        clock=runtime.clock,
        broker=runtime.broker,
        identity=runtime.identity,
        store_url=store_url,
    )


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


@pytest.fixture(params=["sqlite", "postgresql", "mongodb"])
def documents_runtime(request: pytest.FixtureRequest, runtime: Runtime, tmp_path: Path) -> Runtime:
    """A runtime whose documents are in either SQL store, or in MongoDB."""
    parts = (runtime.settings, runtime.clock, runtime.broker, runtime.identity)
    if request.param == "postgresql":
        return StoreRuntime(*parts, store_url=request.getfixturevalue("postgres_url"))
    if request.param == "mongodb":
        store_url = f"sqlite:///{tmp_path / 'store.sqlite'}"
        return MongoRuntime(*parts, store_url=store_url, mongo=request.getfixturevalue("any_mongo"))
    return runtime


@pytest.fixture
async def open_documents_door(documents_runtime: Runtime, signer: IdentitySigner) -> AsyncIterator[OpenDoor]:
    """The same for a subgraph that keeps documents, wherever they can be."""
    async with AsyncExitStack() as stack:
        yield _opener(documents_runtime, signer, stack)


def _opener(runtime: Runtime, signer: IdentitySigner, stack: AsyncExitStack) -> OpenDoor:
    async def open_(build: Callable[[Runtime], Subgraph]) -> Door:
        subgraph = build(runtime)
        await subgraph.start()
        stack.push_async_callback(subgraph.stop)
        subgraph.start_publishing()
        return Door(subgraph, signer.of(subgraph.name))

    return open_
