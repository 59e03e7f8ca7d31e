"""`MongoDocuments`: the documents of one subgraph in MongoDB, with the tasks and checks that they need."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final

from sqlalchemy import delete, select

from marquee_subgraphs.kit.clock import Clock
from marquee_subgraphs.kit.database import Database
from marquee_subgraphs.kit.documents.mongo.client import MongoClient
from marquee_subgraphs.kit.documents.mongo.heads import Heads
from marquee_subgraphs.kit.documents.mongo.journal import DocumentJournal
from marquee_subgraphs.kit.documents.mongo.repository import MongoDocumentRepository
from marquee_subgraphs.kit.documents.repository import DocumentRepository
from marquee_subgraphs.kit.documents.sql_tables import DocumentTables
from marquee_subgraphs.kit.supervisor import BackgroundTask

_MOVED_AT_ONCE: Final = 500


class MongoDocuments:
    """The collections of one subgraph, while they are open."""

    def __init__(self, client: MongoClient, journal: DocumentJournal, database: Database) -> None:
        self.journal = journal
        self._client = client
        self._database = database

    @classmethod
    async def open(
        cls, url: str, name: str, database: Database, tables: Sequence[DocumentTables], clock: Clock
    ) -> MongoDocuments:
        """Open the collections in the MongoDB database `name`, which may still be away.

        Documents that the SQL store contains are moved there.
        """
        client = MongoClient(url, name)
        documents = cls(client, DocumentJournal(database, tables[0].head_tables, client, clock), database)
        for each in tables:
            await _move(database, each, documents.journal.heads_of(each.collection))
        return documents

    @property
    def tasks(self) -> Sequence[BackgroundTask]:
        """The tasks that carry writes to MongoDB and remove what deleted documents leave behind."""
        return (
            BackgroundTask("carry-documents", self.journal.run),
            BackgroundTask("forget-deleted-documents", self.journal.forget_deleted, every_seconds=3600),
        )

    @property
    def checks(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """True if MongoDB answers."""
        return {"documents": self._client.ping}

    def repository(self, tables: DocumentTables) -> DocumentRepository:
        """Return the collection that `tables` declare."""
        return MongoDocumentRepository(self._database, tables.collection, self._client, self.journal)

    async def __aenter__(self) -> MongoDocuments:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections; writes that are not carried yet are carried after the next start."""
        self._client.close()


async def _move(database: Database, tables: DocumentTables, heads: Heads) -> None:
    """Turn the documents of the SQL store into writes on their way to MongoDB."""
    documents = tables.documents
    some = (
        select(documents.c.id, documents.c.version, documents.c.body)
        .order_by(documents.c.id)
        .limit(_MOVED_AT_ONCE)
        .with_for_update()
    )
    while True:
        async with database.transaction() as transaction:
            rows = await transaction.execute(some)
            for row in rows:
                await heads.insert(transaction, row.id, row.body, row.version)
            await transaction.execute(delete(documents).where(documents.c.id.in_([row.id for row in rows])))
        if len(rows) < _MOVED_AT_ONCE:
            return
