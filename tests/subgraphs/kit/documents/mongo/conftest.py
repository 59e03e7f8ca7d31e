"""A subgraph's documents in MongoDB, over each SQL store, with the writes carried or still on their way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import pytest
from sqlalchemy import MetaData

from marquee_subgraphs.kit.clock import FrozenClock
from marquee_subgraphs.kit.database import Database, UnitOfWork
from marquee_subgraphs.kit.documents import document_tables
from marquee_subgraphs.kit.documents.mongo.client import MongoClient
from marquee_subgraphs.kit.documents.mongo.form import Document
from marquee_subgraphs.kit.documents.mongo.journal import DocumentJournal
from marquee_subgraphs.kit.documents.mongo.repository import MongoDocumentRepository
from tests.subgraphs.kit.documents.contract import FILMS, Films
from tests.subgraphs.mongo import Mongo, mongo, wire_url

__all__ = ["mongo", "wire_url"]

METADATA = MetaData()
TABLES = document_tables(METADATA, FILMS)


class HalfClient(MongoClient):
    """Carries every second document."""

    async def put(self, collection: str, forms: Sequence[Document]) -> set[str]:
        half = [form for form in forms if int(form["_id"]) % 2]
        return await super().put(collection, half) if half else set()


@dataclass(frozen=True, slots=True)
class CarryingStore:
    """Units whose writes MongoDB has when they end."""

    database: Database
    journal: DocumentJournal

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[UnitOfWork]:
        async with self.database.transaction() as unit:
            yield unit
        await self.journal.apply()


@dataclass(frozen=True, slots=True)
class Replica:
    """One process's view: its connections, its journal, its repository."""

    database: Database
    client: MongoClient
    journal: DocumentJournal
    repository: MongoDocumentRepository
    clock: FrozenClock

    @property
    def films(self) -> Films:
        """The films, whose writes stay on their way until `journal.apply()`."""
        return Films(self.repository, self.database)

    @property
    def carried_films(self) -> Films:
        """The films, whose writes are carried at once."""
        return Films(self.repository, CarryingStore(self.database, self.journal))


@asynccontextmanager
async def open_replica(
    store_url: str, at: Mongo, kind: type[MongoClient] = MongoClient, clock: FrozenClock | None = None
) -> AsyncIterator[Replica]:
    """Open a replica on these stores."""
    clock = clock or FrozenClock()
    async with await Database.open(store_url, METADATA, kit_tables=False) as database:
        client = kind(at.url, at.database)
        try:
            journal = DocumentJournal(database, TABLES.head_tables, client, clock)
            yield Replica(
                database, client, journal, MongoDocumentRepository(database, FILMS, client, journal), clock
            )
        finally:
            client.close()


@pytest.fixture
async def replica(store_url: str, mongo: Mongo) -> AsyncIterator[Replica]:
    async with open_replica(store_url, mongo) as opened:
        yield opened


@pytest.fixture
async def other_replica(store_url: str, mongo: Mongo, replica: Replica) -> AsyncIterator[Replica]:
    """Another process on the same stores."""
    async with AsyncExitStack() as stack:
        yield await stack.enter_async_context(open_replica(store_url, mongo))
