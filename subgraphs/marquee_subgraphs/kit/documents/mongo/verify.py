"""Checks for `marquee verify` that documents which were written still exist. Reads only; moves nothing.

SQL is the authority on what exists (`docs/decisions/0010-documents-in-mongodb.md`): a MongoDB that was
emptied, or restored from too early a backup, lacks documents that have a head.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence, Set
from typing import TYPE_CHECKING, Final

from sqlalchemy import Row, select

from marquee_subgraphs.kit.database import Connection, Database
from marquee_subgraphs.kit.documents.sql_tables import DocumentTables
from marquee_subgraphs.kit.invariants import Invariant
from marquee_subgraphs.kit.settings import Settings

if TYPE_CHECKING:
    from marquee_subgraphs.kit.documents.mongo.client import MongoClient

LOST_DOCUMENTS_ADVICE: Final = (
    "Restore a backup of MongoDB that is later than PostgreSQL's; nothing carries these again by itself."
)
_AT_ONCE: Final = 500


async def verify_documents(
    settings: Settings, subgraph: str, database: Database, tables: Sequence[DocumentTables]
) -> Invariant:
    """Check that MongoDB, if the settings name one, has every document that was carried to it, and none
    older.

    Raises `DocumentsUnavailable`.
    """
    return await find_lost_documents(
        None if settings.mongo_url is None else settings.mongo_url.get_secret_value(),
        f"marquee_{subgraph}",
        subgraph,
        database,
        tables,
    )


async def find_lost_documents(
    url: str | None, name: str, subgraph: str, database: Database, tables: Sequence[DocumentTables]
) -> Invariant:
    """Check the MongoDB database `name` at `url`; without one there is nothing to check."""
    findings: list[str] = []
    if url is not None:
        # Imported here: the driver takes 0.2 s to load, which the embedded cinema need not pay.
        from marquee_subgraphs.kit.documents.mongo.client import MongoClient

        client = MongoClient(url, name)
        try:
            for each in tables:
                findings += await _lost(client, database, each)
        finally:
            client.close()
    return Invariant(
        f"{subgraph}' documents are where they were written", findings, advice=LOST_DOCUMENTS_ADVICE
    )


async def stored_ids(connection: Connection, tables: DocumentTables, ids: Collection[str]) -> set[str]:
    """Return which of these documents exist by SQL, wherever their bodies are."""
    documents, heads = tables.documents, tables.head_tables.heads
    found: set[str] = set()
    for some in _batches(sorted(ids)):
        found |= set(await connection.scalars(select(documents.c.id).where(documents.c.id.in_(some))))
        found |= set(
            await connection.scalars(
                select(heads.c.document_id).where(
                    heads.c.collection == tables.collection.name,
                    heads.c.version.is_not(None),
                    heads.c.document_id.in_(some),
                )
            )
        )
    return found


async def _lost(client: MongoClient, database: Database, tables: DocumentTables) -> list[str]:
    """Return the documents of one collection that MongoDB lacks.

    A document that differs is read again: another process may be writing it meanwhile.
    """
    name = tables.collection.name
    lost: list[str] = []
    after = ""
    while True:
        carried = await _carried(database, tables, after)
        missing = await _missing(client, name, carried)
        if missing:
            again = await _carried(database, tables, after)
            missing &= await _missing(client, name, [row for row in again if row.document_id in missing])
        lost += [f"{name} {document_id} is not in MongoDB" for document_id in sorted(missing)]
        if len(carried) < _AT_ONCE:
            return lost
        after = carried[-1].document_id


async def _carried(database: Database, tables: DocumentTables, after: str) -> Sequence[Row[tuple[str, int]]]:
    heads = tables.head_tables.heads
    statement = (
        select(heads.c.document_id, heads.c.revision)
        .where(
            heads.c.collection == tables.collection.name,
            heads.c.version.is_not(None),
            heads.c.carried_at.is_not(None),
            heads.c.document_id > after,
        )
        .order_by(heads.c.document_id)
        .limit(_AT_ONCE)
    )
    async with database.read(heavy=True) as connection:
        return (await connection.execute(statement)).all()


async def _missing(client: MongoClient, name: str, carried: Sequence[Row[tuple[str, int]]]) -> Set[str]:
    ids = [row.document_id for row in carried]
    found = await client.find(name, {"_id": {"$in": ids}}, fields=["revision"]) if ids else []
    revisions = {each["_id"]: each["revision"] for each in found}
    return {row.document_id for row in carried if revisions.get(row.document_id, 0) < row.revision}


def _batches(ids: Sequence[str]) -> Sequence[Sequence[str]]:
    return [ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE)]
