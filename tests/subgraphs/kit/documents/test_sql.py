"""The SQL implementation keeps the contract, and its writes commit with the events about them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import MetaData

from marquee_subgraphs.kit.database import Database
from marquee_subgraphs.kit.documents import Equal, Sort, SqlDocumentRepository, document_tables
from marquee_subgraphs.kit.events import Outbox
from marquee_subgraphs.kit.events.outbox import unpublished
from tests.subgraphs.kit.documents.contract import BODIES, FILMS, Films, RepositoryContract
from tests.subgraphs.kit.events.sample_events import OrderPlaced

METADATA = MetaData()
TABLES = document_tables(METADATA, FILMS)


@pytest.fixture
async def database(store_url: str) -> AsyncIterator[Database]:
    async with await Database.open(store_url, METADATA) as opened:
        yield opened


@pytest.fixture
def films(database: Database) -> Films:
    return Films(SqlDocumentRepository(database, TABLES), database)


class TestSqlRepository(RepositoryContract):
    """The contract, on SQLite and PostgreSQL."""


async def test_a_document_and_its_event_commit_together(films: Films, database: Database) -> None:
    outbox = Outbox("movies")
    async with database.transaction() as tx:
        await films.repository.insert(tx, "1", BODIES["1"])
        event = await outbox.add(tx, OrderPlaced(number=1), aggregate_id="1")

    async with database.read() as connection:
        assert [waiting for _, waiting in await unpublished(connection, 10)] == [event]
    assert await films.ids() == ["1"]


async def test_every_read_is_one_statement(films: Films, database: Database) -> None:
    await films.fill()
    with database.count_statements() as counter:
        await films.repository.get_many(["1", "2", "3"])
        await films.repository.find([Equal("genres", "drama")], sort=[Sort("title")])
        await films.repository.find_each("facts.country", ["DE", "US"])
        await films.repository.tally(["facts.country"])

    assert counter.count == 4
