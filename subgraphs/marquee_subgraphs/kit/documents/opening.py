"""Opens a subgraph's documents where the settings say: in its SQL store, or in MongoDB beside it.

Must never leave documents behind unnoticed when the settings change.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from sqlalchemy import select

from marquee_subgraphs.kit.clock import Clock
from marquee_subgraphs.kit.database import Database
from marquee_subgraphs.kit.documents.errors import DocumentsElsewhere
from marquee_subgraphs.kit.documents.repository import DocumentRepository
from marquee_subgraphs.kit.documents.sql import SqlDocumentRepository
from marquee_subgraphs.kit.documents.sql_tables import DocumentTables
from marquee_subgraphs.kit.settings import Settings
from marquee_subgraphs.kit.supervisor import BackgroundTask


class Documents(Protocol):
    """The documents of one subgraph, while they are open."""

    @property
    def tasks(self) -> Sequence[BackgroundTask]:
        """The tasks that the documents need."""
        ...

    @property
    def checks(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """The readiness checks of the documents."""
        ...

    def repository(self, tables: DocumentTables) -> DocumentRepository:
        """Return the collection that `tables` declare; they were given to `open_documents`."""
        ...

    async def __aenter__(self) -> Documents: ...
    async def __aexit__(self, *_: object) -> None: ...


class SqlDocuments:
    """Documents in the subgraph's SQL store."""

    tasks: Sequence[BackgroundTask] = ()
    checks: Mapping[str, Callable[[], Awaitable[None]]] = {}

    def __init__(self, database: Database) -> None:
        self._database = database

    def repository(self, tables: DocumentTables) -> DocumentRepository:
        """Return the collection that `tables` declare."""
        return SqlDocumentRepository(self._database, tables)

    async def __aenter__(self) -> SqlDocuments:
        return self

    async def __aexit__(self, *_: object) -> None:
        """Do nothing: the caller closes the database."""


async def open_documents(
    settings: Settings, clock: Clock, subgraph: str, database: Database, tables: Sequence[DocumentTables]
) -> Documents:
    """Open the collections that `tables` declare; use the result as an async context manager.

    MongoDB may still be away. Documents in the SQL store are moved to it. Raises `DocumentsElsewhere` when
    the documents are in MongoDB and its address is not set.
    """
    if settings.mongo_url is None:
        await _refuse_to_leave_documents(subgraph, database, tables)
        return SqlDocuments(database)
    # Imported here: the driver takes 0.2 s to load, which the embedded cinema need not pay.
    from marquee_subgraphs.kit.documents.mongo.documents import MongoDocuments

    return await MongoDocuments.open(
        settings.mongo_url.get_secret_value(), f"marquee_{subgraph}", database, tables, clock
    )


async def _refuse_to_leave_documents(
    subgraph: str, database: Database, tables: Sequence[DocumentTables]
) -> None:
    for each in tables:
        heads = each.head_tables.heads
        live = select(heads.c.document_id).where(heads.c.version.is_not(None)).limit(1)
        async with database.read() as connection:
            if await connection.scalar(live) is not None:
                raise DocumentsElsewhere(
                    f"the documents of {subgraph} are in MongoDB: set MARQUEE_MONGO_URL to its address"
                )
