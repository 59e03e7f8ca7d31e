"""`Heads`: decides the writes of one collection in SQL, and keeps each until MongoDB has it.

Everything runs in the caller's transaction or read. Must never commit, nor call MongoDB.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import ColumnElement, delete, null, select, true, update

from marquee_subgraphs.kit.clock import Clock
from marquee_subgraphs.kit.database import Connection, Transaction
from marquee_subgraphs.kit.documents.collection import Collection
from marquee_subgraphs.kit.documents.errors import DuplicateDocument, VersionConflict
from marquee_subgraphs.kit.documents.mongo.form import plain_body, unique_digests
from marquee_subgraphs.kit.documents.mongo.tables import HeadTables
from marquee_subgraphs.kit.documents.repository import StoredDocument


@dataclass(frozen=True, slots=True)
class Head:
    """What SQL knows of one document."""

    id: str
    revision: int
    version: int | None
    """None after the document was deleted."""
    body: str | None
    """JSON while MongoDB may lack it, else None."""

    def document(self) -> StoredDocument | None:
        """Return the document as it was written; None when it is deleted or MongoDB has it."""
        if self.version is None or self.body is None:
            return None
        return StoredDocument(self.id, self.version, orjson.loads(self.body))


class Heads:
    """The heads of one collection."""

    def __init__(self, tables: HeadTables, collection: Collection, clock: Clock) -> None:
        self._heads = tables.heads
        self._keys = tables.keys
        self._collection = collection
        self._clock = clock
        columns = tables.heads.c
        self._columns = (columns.document_id, columns.revision, columns.version, columns.body)
        self._mine = columns.collection == collection.name

    # Reading

    async def of(self, connection: Connection, ids: Sequence[str]) -> dict[str, Head]:
        """Return the heads of these documents by id."""
        found = await self._select(connection, self._heads.c.document_id.in_(dict.fromkeys(ids)))
        return {head.id: head for head in found}

    async def pending(self, connection: Connection, at_most: int | None = None) -> list[Head]:
        """Return the writes that MongoDB may lack: for each document the newest."""
        return await self._select(connection, self._heads.c.carried_at.is_(None), at_most)

    async def _select(
        self, connection: Connection, which: ColumnElement[bool], at_most: int | None = None
    ) -> list[Head]:
        statement = select(*self._columns).where(self._mine, which)
        rows = await connection.execute(statement if at_most is None else statement.limit(at_most))
        return [Head(row.document_id, row.revision, row.version, row.body) for row in rows]

    # Writing

    async def insert(
        self, transaction: Transaction, document_id: str, body: Mapping[str, Any], version: int = 1
    ) -> StoredDocument:
        """Add a document. Raises `DuplicateDocument` or `InvalidDocument`; nothing is written then."""
        plain, text = plain_body(self._collection, body)
        claimed = await self._claim(transaction, document_id, plain)
        heads = self._heads
        statement = transaction.insert(heads).values(
            **self._key(document_id), revision=1, version=version, **self._written(text)
        )
        added = await transaction.execute(
            statement.on_conflict_do_update(
                index_elements=[heads.c.collection, heads.c.document_id],
                set_={"revision": heads.c.revision + 1, "version": version, **self._written(text)},
                where=heads.c.version.is_(None),
            )
        )
        if added.rowcount != 1:
            await self._release(transaction, claimed)
            raise DuplicateDocument(f"{self._collection.name} {document_id} is taken")
        return StoredDocument(document_id, version, plain)

    async def replace(
        self, transaction: Transaction, document_id: str, body: Mapping[str, Any], expected_version: int
    ) -> StoredDocument:
        """Replace the whole body. Raises `VersionConflict`, `DuplicateDocument` or `InvalidDocument`; nothing
        is written then.
        """
        plain, text = plain_body(self._collection, body)
        await self._expect(transaction, document_id, expected_version)
        claimed = await self._claim(transaction, document_id, plain)
        replaced = await transaction.execute(
            update(self._heads)
            .where(self._is(document_id), self._heads.c.version == expected_version)
            .values(revision=self._heads.c.revision + 1, version=expected_version + 1, **self._written(text))
        )
        if replaced.rowcount != 1:
            await self._release(transaction, claimed)
            raise self._conflict(document_id, expected_version)
        await self._release_all(transaction, document_id, keeping=unique_digests(self._collection, plain))
        return StoredDocument(document_id, expected_version + 1, plain)

    async def delete(self, transaction: Transaction, document_id: str, expected_version: int | None) -> bool:
        """Delete a document; return False when there was none. Raises `VersionConflict`."""
        version = self._heads.c.version
        deleted = await transaction.execute(
            update(self._heads)
            .where(
                self._is(document_id),
                version.is_not(None),
                true() if expected_version is None else version == expected_version,
            )
            .values(revision=self._heads.c.revision + 1, version=None, **self._written(None))
        )
        if deleted.rowcount == 1:
            await self._release_all(transaction, document_id, keeping=[])
            return True
        if expected_version is not None:
            head = (await self.of(transaction, [document_id])).get(document_id)
            if head is not None and head.version is not None:
                raise self._conflict(document_id, expected_version)
        return False

    async def _expect(self, transaction: Transaction, document_id: str, version: int) -> None:
        """Raise `VersionConflict` when the conflict is visible already; the guarded update decides the
        rest.
        """
        if self._collection.unique:
            head = (await self.of(transaction, [document_id])).get(document_id)
            if head is None or head.version != version:
                raise self._conflict(document_id, version)

    def _conflict(self, document_id: str, version: int) -> VersionConflict:
        return VersionConflict(f"{self._collection.name} {document_id} is not at version {version}")

    def _key(self, document_id: str) -> dict[str, Any]:
        return {"collection": self._collection.name, "document_id": document_id}

    def _is(self, document_id: str) -> ColumnElement[bool]:
        return self._mine & (self._heads.c.document_id == document_id)

    def _written(self, body: str | None) -> dict[str, Any]:
        return {
            "body": null() if body is None else body,
            "changed_at": self._clock.now(),
            "carried_at": null(),
        }

    # Unique fields

    async def _claim(self, transaction: Transaction, document_id: str, body: Mapping[str, Any]) -> list[str]:
        """Claim the unique fields of `body`; return the digests that are newly claimed."""
        claimed: list[str] = []
        for digest in unique_digests(self._collection, body):
            row = {"collection": self._collection.name, "digest": digest, "document_id": document_id}
            added = await transaction.execute(
                transaction.insert(self._keys).values(**row).on_conflict_do_nothing()
            )
            if added.rowcount == 1:
                claimed.append(digest)
            elif await self._holder(transaction, digest) != document_id:
                await self._release(transaction, claimed)
                raise DuplicateDocument(f"a unique field of {self._collection.name} {document_id} is taken")
        return claimed

    async def _holder(self, transaction: Transaction, digest: str) -> str | None:
        keys = self._keys.c
        statement = select(keys.document_id).where(
            keys.collection == self._collection.name, keys.digest == digest
        )
        holder: str | None = await transaction.scalar(statement)
        return holder

    async def _release(self, transaction: Transaction, digests: Sequence[str]) -> None:
        keys = self._keys.c
        if digests:
            await transaction.execute(
                delete(self._keys).where(keys.collection == self._collection.name, keys.digest.in_(digests))
            )

    async def _release_all(self, transaction: Transaction, document_id: str, keeping: Sequence[str]) -> None:
        if not self._collection.unique:
            return
        keys = self._keys.c
        await transaction.execute(
            delete(self._keys).where(
                keys.collection == self._collection.name,
                keys.document_id == document_id,
                keys.digest.not_in(keeping),
            )
        )
