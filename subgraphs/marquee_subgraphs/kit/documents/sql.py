"""`SqlDocumentRepository`: the document contract on SQLite and PostgreSQL. Must never commit by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import orjson
from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from marquee_subgraphs.kit.database import Connection, Database, Transaction, UnitOfWork, sql_transaction
from marquee_subgraphs.kit.documents.collection import (
    Collection,
    Scalar,
    Sort,
)
from marquee_subgraphs.kit.documents.errors import DuplicateDocument, InvalidDocument, VersionConflict
from marquee_subgraphs.kit.documents.query import (
    Filter,
    OneOf,
)
from marquee_subgraphs.kit.documents.repository import StoredDocument
from marquee_subgraphs.kit.documents.sql_query import after, condition, ordering, single, sort_expressions
from marquee_subgraphs.kit.documents.sql_tables import DocumentTables, field_column
from marquee_subgraphs.kit.pagination import Page, PageRequest

_FIXED_COLUMNS = 3


class SqlDocumentRepository:
    """A `DocumentRepository` on a subgraph's `Database`, which was opened with the metadata of its tables."""

    def __init__(self, database: Database, tables: DocumentTables) -> None:
        self._database = database
        self._tables = tables
        self._columns = (tables.documents.c.id, tables.documents.c.version, tables.documents.c.body)

    @property
    def collection(self) -> Collection:
        """The declared collection."""
        return self._tables.collection

    @asynccontextmanager
    async def _reading(self, within: UnitOfWork | None) -> AsyncIterator[Connection]:
        if within is not None:
            yield sql_transaction(within)
        else:
            async with self._database.read() as connection:
                yield connection

    async def get(self, document_id: str, *, within: UnitOfWork | None = None) -> StoredDocument | None:
        """Return the document, or None."""
        return (await self.get_many([document_id], within=within)).get(document_id)

    async def get_many(
        self, ids: Sequence[str], *, within: UnitOfWork | None = None
    ) -> dict[str, StoredDocument]:
        """Return the documents that exist, by id, in one statement."""
        statement = select(*self._columns).where(self._tables.documents.c.id.in_(dict.fromkeys(ids)))
        async with self._reading(within) as connection:
            rows = await connection.execute(statement)
        return {row.id: StoredDocument(row.id, row.version, row.body) for row in rows}

    async def find(
        self,
        filters: Sequence[Filter] = (),
        *,
        sort: Sequence[Sort] = (),
        page: PageRequest | None = None,
        within: UnitOfWork | None = None,
    ) -> Page[StoredDocument]:
        """Return a page of the documents for which all `filters` hold, in one statement."""
        page = page or PageRequest()
        expressions = sort_expressions(self._tables, sort)
        statement = select(*self._columns, *_labelled(expressions)).where(
            *(condition(self._tables, each) for each in filters)
        )
        if page.after is not None:
            statement = statement.where(after(expressions, sort, page.after))
        statement = statement.order_by(*ordering(expressions, sort)).limit(page.first + 1)
        async with self._reading(within) as connection:
            rows = await connection.execute(statement)
        return _page(rows.all(), page)

    async def find_each(
        self,
        field: str,
        values: Sequence[Scalar],
        filters: Sequence[Filter] = (),
        *,
        sort: Sequence[Sort] = (),
        first: int = 20,
    ) -> dict[Scalar, Page[StoredDocument]]:
        """Return the first page for each of `values` of `field`, in one statement."""
        declared = self.collection.field(field)
        group = single(self._tables, field)
        expressions = sort_expressions(self._tables, sort)
        rank = func.row_number().over(partition_by=group, order_by=ordering(expressions, sort)).label("rank")
        ranked = (
            select(*self._columns, *_labelled(expressions), group.label("grouped"), rank)
            .where(*(condition(self._tables, each) for each in (OneOf(field, values), *filters)))
            .subquery()
        )
        statement = select(ranked).where(ranked.c.rank <= first + 1).order_by(ranked.c.grouped, ranked.c.rank)
        async with self._database.read() as connection:
            rows = await connection.execute(statement)
        groups: dict[Scalar, list[Row[Any]]] = {}
        for row in rows:
            groups.setdefault(row.grouped, []).append(row)
        width = len(expressions)
        request = PageRequest(first)
        return {
            value: _page(groups.get(declared.comparable(value), []), request, width)
            for value in dict.fromkeys(values)
        }

    async def count(self, filters: Sequence[Filter] = ()) -> int:
        """Return how many documents the filters hold for."""
        statement = select(func.count()).select_from(self._tables.documents)
        statement = statement.where(*(condition(self._tables, each) for each in filters))
        async with self._database.read() as connection:
            return int(await connection.scalar(statement))

    async def tally(
        self, by: Sequence[str], filters: Sequence[Filter] = ()
    ) -> dict[tuple[Scalar | None, ...], int]:
        """Return how many documents there are of each combination of the fields `by`."""
        columns = [single(self._tables, name) for name in by]
        statement = select(*columns, func.count()).where(*(condition(self._tables, each) for each in filters))
        async with self._database.read() as connection:
            rows = await connection.execute(statement.group_by(*columns))
        return {tuple(row[:-1]): row[-1] for row in rows}

    async def insert(self, unit: UnitOfWork, document_id: str, body: Mapping[str, Any]) -> StoredDocument:
        """Add a document at version 1."""
        transaction = sql_transaction(unit)
        values = self._row(body)
        added = await transaction.execute(
            transaction.insert(self._tables.documents)
            .values(id=document_id, version=1, **values)
            .on_conflict_do_nothing()
        )
        if added.rowcount != 1:
            raise DuplicateDocument(f"{self.collection.name} {document_id} or a unique field of it is taken")
        await self._write_lists(transaction, document_id, values["body"])
        return StoredDocument(document_id, 1, values["body"])

    async def replace(
        self, unit: UnitOfWork, document_id: str, body: Mapping[str, Any], *, expected_version: int
    ) -> StoredDocument:
        """Replace the whole body of the version that was read."""
        transaction = sql_transaction(unit)
        values = self._row(body)
        documents = self._tables.documents
        try:
            replaced = await transaction.execute(
                update(documents)
                .where(documents.c.id == document_id, documents.c.version == expected_version)
                .values(version=expected_version + 1, **values)
            )
        except IntegrityError as error:
            raise DuplicateDocument(
                f"a unique field of {self.collection.name} {document_id} is taken"
            ) from error
        if replaced.rowcount != 1:
            raise VersionConflict(
                f"{self.collection.name} {document_id} is not at version {expected_version}"
            )
        listed = self._tables.values
        await transaction.execute(delete(listed).where(listed.c.document_id == document_id))
        await self._write_lists(transaction, document_id, values["body"])
        return StoredDocument(document_id, expected_version + 1, values["body"])

    async def delete(
        self, unit: UnitOfWork, document_id: str, *, expected_version: int | None = None
    ) -> bool:
        """Delete a document; return False when there was none."""
        transaction = sql_transaction(unit)
        documents = self._tables.documents
        statement = delete(documents).where(documents.c.id == document_id)
        if expected_version is not None:
            statement = statement.where(documents.c.version == expected_version)
        if (await transaction.execute(statement)).rowcount == 1:
            return True
        if expected_version is not None and await self.get(document_id, within=unit) is not None:
            raise VersionConflict(
                f"{self.collection.name} {document_id} is not at version {expected_version}"
            )
        return False

    def _row(self, body: Mapping[str, Any]) -> dict[str, Any]:
        try:
            plain = orjson.loads(orjson.dumps(body))
        except TypeError as error:
            raise InvalidDocument(f"the body is not JSON: {error}") from error
        if not isinstance(plain, dict):
            raise InvalidDocument("the body must be an object")
        row = {field_column(field.name): value for field, value in self.collection.single_values(plain)}
        return {**row, "body": plain, "searched": self.collection.searched_text(plain)}

    async def _write_lists(self, transaction: Transaction, document_id: str, body: Mapping[str, Any]) -> None:
        rows = [
            {"document_id": document_id, "field": field.name, "value": value}
            for field, value in self.collection.many_values(body)
        ]
        if rows:
            await transaction.execute(insert(self._tables.values), rows)


def _labelled(expressions: Sequence[Any]) -> list[Any]:
    return [expression.label(f"sort_{position}") for position, expression in enumerate(expressions)]


def _page(rows: Sequence[Row[Any]], request: PageRequest, width: int | None = None) -> Page[StoredDocument]:
    end = None if width is None else _FIXED_COLUMNS + width
    keys = {row.id: tuple(row[_FIXED_COLUMNS:end]) for row in rows}
    documents = [StoredDocument(row.id, row.version, row.body) for row in rows]
    return Page.of(documents, request, lambda document: keys[document.id])
