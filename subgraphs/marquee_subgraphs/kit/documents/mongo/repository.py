"""`MongoDocumentRepository`: the document contract over MongoDB and the writes that it does not have yet.

A read first asks SQL which writes MongoDB may lack, then MongoDB for the other documents. So it sees every
write that was acknowledged before it, in whatever process. Must never commit by itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

from marquee_subgraphs.kit.database import Connection, Database, UnitOfWork, sql_transaction
from marquee_subgraphs.kit.documents.collection import (
    Collection,
    Scalar,
    Sort,
)
from marquee_subgraphs.kit.documents.mongo.client import MongoClient
from marquee_subgraphs.kit.documents.mongo.form import Document
from marquee_subgraphs.kit.documents.mongo.heads import Head
from marquee_subgraphs.kit.documents.mongo.journal import DocumentJournal
from marquee_subgraphs.kit.documents.mongo.overlay import (
    comes_after,
    holds,
    sort_key,
    sorted_documents,
    value_of,
)
from marquee_subgraphs.kit.documents.mongo.query import (
    LIVE,
    after,
    all_of,
    combination,
    combined_values,
    condition,
    ordering,
)
from marquee_subgraphs.kit.documents.query import (
    Equal,
    Filter,
    OneOf,
)
from marquee_subgraphs.kit.documents.repository import StoredDocument
from marquee_subgraphs.kit.pagination import Page, PageRequest

_READ: Final = ("version", "body")
_MOST_OVERLAID: Final = 500
_GROUPS_AT_ONCE: Final = 200


class MongoDocumentRepository:
    """A `DocumentRepository` on MongoDB, whose units are those of the subgraph's `Database`."""

    def __init__(
        self, database: Database, collection: Collection, client: MongoClient, journal: DocumentJournal
    ) -> None:
        self._database = database
        self._collection = collection
        self._client = client
        self._journal = journal
        self._heads = journal.heads_of(collection)

    @property
    def collection(self) -> Collection:
        """The declared collection."""
        return self._collection

    # Reading

    async def get(self, document_id: str, *, within: UnitOfWork | None = None) -> StoredDocument | None:
        """Return the document, or None."""
        return (await self.get_many([document_id], within=within)).get(document_id)

    async def get_many(
        self, ids: Sequence[str], *, within: UnitOfWork | None = None
    ) -> dict[str, StoredDocument]:
        """Return the documents that exist, by id. MongoDB is called once, and not for those that SQL has."""
        if not ids:
            return {}
        async with self._reading(within) as connection:
            heads = await self._heads.of(connection, ids)
        found = {id_: document for id_, head in heads.items() if (document := head.document()) is not None}
        carried = [id_ for id_, head in heads.items() if head.version is not None and id_ not in found]
        if carried:
            wanted = all_of({"_id": {"$in": carried}}, LIVE)
            for each in await self._client.find(self._collection.name, wanted, fields=_READ):
                found[each["_id"]] = _document(each)
        return found

    async def find(
        self,
        filters: Sequence[Filter] = (),
        *,
        sort: Sequence[Sort] = (),
        page: PageRequest | None = None,
        within: UnitOfWork | None = None,
    ) -> Page[StoredDocument]:
        """Return a page of the documents for which all `filters` hold. MongoDB is called once."""
        page = page or PageRequest()
        wanted = self._condition(filters)
        order = ordering(self._collection, sort)
        pending = await self._pending(within)
        if page.after is not None:
            wanted = all_of(wanted, after(self._collection, sort, page.after))
        found = await self._client.find(
            self._collection.name,
            all_of(wanted, _others(pending)),
            fields=_READ,
            sort=order,
            limit=page.first + 1,
        )
        waiting = [
            document
            for document in self._holding(pending, filters)
            if page.after is None or comes_after(sort_key(self._collection, document, sort), sort, page.after)
        ]
        return self._page([*map(_document, found), *waiting], sort, page)

    async def find_each(
        self,
        field: str,
        values: Sequence[Scalar],
        filters: Sequence[Filter] = (),
        *,
        sort: Sequence[Sort] = (),
        first: int = 20,
    ) -> dict[Scalar, Page[StoredDocument]]:
        """Return the first page for each of `values` of `field`. MongoDB is called once for 200 values."""
        declared = self._collection.single_field(field)
        groups = {declared.comparable(value): list[StoredDocument]() for value in values}
        pending = await self._pending(None)
        order = ordering(self._collection, sort)
        conditions = [
            all_of(self._condition([Equal(field, value), *filters]), _others(pending)) for value in groups
        ]
        for start in range(0, len(conditions), _GROUPS_AT_ONCE):
            pipeline = _first_of_each(
                self._collection.name, conditions[start : start + _GROUPS_AT_ONCE], order, first + 1
            )
            for each in await self._client.aggregate(self._collection.name, pipeline):
                document = _document(each)
                # Everything else was replaced while it was read.
                value = value_of(self._collection, document, field)
                if value in groups:
                    groups[value].append(document)
        for document in self._holding(pending, [OneOf(field, values), *filters]):
            groups[value_of(self._collection, document, field) or ""].append(document)
        request = PageRequest(first)
        return {
            value: self._page(groups[declared.comparable(value)], sort, request)
            for value in dict.fromkeys(values)
        }

    async def count(self, filters: Sequence[Filter] = ()) -> int:
        """Return how many documents the filters hold for."""
        wanted = self._condition(filters)
        pending = await self._pending(None)
        counted = await self._client.count(self._collection.name, all_of(wanted, _others(pending)))
        return counted + len(self._holding(pending, filters))

    async def tally(
        self, by: Sequence[str], filters: Sequence[Filter] = ()
    ) -> dict[tuple[Scalar | None, ...], int]:
        """Return how many documents there are of each combination of the fields `by`."""
        fields = [self._collection.single_field(name) for name in by]
        wanted = self._condition(filters)
        pending = await self._pending(None)
        pipeline: list[Document] = [
            {"$match": all_of(wanted, _others(pending))},
            {"$group": {"_id": combination(fields), "count": {"$sum": 1}}},
        ]
        tally: Counter[tuple[Scalar | None, ...]] = Counter()
        for each in await self._client.aggregate(self._collection.name, pipeline):
            tally[combined_values(fields, each["_id"])] += each["count"]
        for document in self._holding(pending, filters):
            tally[tuple(value_of(self._collection, document, name) for name in by)] += 1
        return dict(tally)

    # Writing

    async def insert(self, unit: UnitOfWork, document_id: str, body: Mapping[str, Any]) -> StoredDocument:
        """Add a document at version 1."""
        transaction = sql_transaction(unit)
        added = await self._heads.insert(transaction, document_id, body)
        transaction.after_commit(self._journal.wake)
        return added

    async def replace(
        self, unit: UnitOfWork, document_id: str, body: Mapping[str, Any], *, expected_version: int
    ) -> StoredDocument:
        """Replace the whole body of the version that was read."""
        transaction = sql_transaction(unit)
        replaced = await self._heads.replace(transaction, document_id, body, expected_version)
        transaction.after_commit(self._journal.wake)
        return replaced

    async def delete(
        self, unit: UnitOfWork, document_id: str, *, expected_version: int | None = None
    ) -> bool:
        """Delete a document; return False when there was none."""
        transaction = sql_transaction(unit)
        deleted = await self._heads.delete(transaction, document_id, expected_version)
        transaction.after_commit(self._journal.wake)
        return deleted

    # Steps

    @asynccontextmanager
    async def _reading(self, within: UnitOfWork | None) -> AsyncIterator[Connection]:
        if within is not None:
            yield sql_transaction(within)
        else:
            async with self._database.read() as connection:
                yield connection

    async def _pending(self, within: UnitOfWork | None) -> list[Head]:
        """Return the writes that MongoDB may lack. So many that reads would be slow are carried first, unless
        the caller is in a transaction.
        """
        if within is not None:
            return await self._heads.pending(sql_transaction(within))
        async with self._database.read() as connection:
            pending = await self._heads.pending(connection, _MOST_OVERLAID + 1)
        if len(pending) <= _MOST_OVERLAID:
            return pending
        await self._client.ping()  # which notices sooner than carrying does that MongoDB is away
        await self._journal.apply()
        async with self._database.read() as connection:
            return await self._heads.pending(connection)

    def _condition(self, filters: Sequence[Filter]) -> Document:
        return all_of(LIVE, *(condition(self._collection, each) for each in filters))

    def _holding(self, pending: Sequence[Head], filters: Sequence[Filter]) -> list[StoredDocument]:
        """Return the pending documents for which the filters hold."""
        documents = [document for head in pending if (document := head.document()) is not None]
        return [
            document
            for document in documents
            if all(holds(self._collection, document, each) for each in filters)
        ]

    def _page(
        self, documents: Sequence[StoredDocument], sort: Sequence[Sort], request: PageRequest
    ) -> Page[StoredDocument]:
        rows = sorted_documents(self._collection, documents, sort)[: request.first + 1]
        return Page.of(rows, request, lambda document: sort_key(self._collection, document, sort))


def _document(found: Document) -> StoredDocument:
    return StoredDocument(found["_id"], found["version"], found["body"])


def _others(pending: Sequence[Head]) -> Document:
    return {"_id": {"$nin": [head.id for head in pending]}} if pending else {}


def _first_of_each(
    name: str, conditions: Sequence[Document], order: Sequence[tuple[str, int]], limit: int
) -> list[Document]:
    """Return a pipeline that takes the first documents of each condition, each by its own index."""
    parts: list[list[Document]] = [
        [{"$match": each}, {"$sort": dict(order)}, {"$limit": limit}] for each in conditions
    ]
    unions = [{"$unionWith": {"coll": name, "pipeline": part}} for part in parts[1:]]
    return [*parts[0], *unions, {"$project": dict.fromkeys(_READ, 1)}]
