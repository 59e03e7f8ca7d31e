"""The tables of one collection in SQL: bodies as JSON, a column for each declared field, a side table for
lists.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)
from sqlalchemy.types import TypeEngine

from marquee_subgraphs.kit.database import Json
from marquee_subgraphs.kit.documents.collection import Collection, Field, FieldKind
from marquee_subgraphs.kit.documents.mongo.tables import HeadTables, head_tables

# Text compares by code point on both dialects: with the server's locale, a cursor made on one server could
# skip rows on another.
_PLAIN_TEXT = Text().with_variant(Text(collation="C"), "postgresql")
_PLAIN_ID = String(64).with_variant(String(64, collation="C"), "postgresql")


def field_column(name: str) -> str:
    """Return the column of a field: `field_release_date` for `release.date`."""
    return "field_" + re.sub(r"\W", "_", name)


def _type_of(field: Field) -> TypeEngine[str] | TypeEngine[float] | TypeEngine[bool]:
    match field.kind:
        case FieldKind.TEXT:
            return _PLAIN_TEXT
        case FieldKind.NUMBER:
            return Double()
        case FieldKind.BOOLEAN:
            return Boolean()


@dataclass(frozen=True, slots=True)
class DocumentTables:
    """The tables of one collection."""

    collection: Collection
    documents: Table
    values: Table
    head_tables: HeadTables
    """The tables that replace the others when the documents are in MongoDB."""


def document_tables(metadata: MetaData, collection: Collection) -> DocumentTables:
    """Declare the collection's tables and indexes in `metadata`; call it once, beside the other tables."""
    name = collection.name
    documents = Table(
        name,
        metadata,
        Column("id", _PLAIN_ID, primary_key=True),
        Column("version", BigInteger, nullable=False),
        Column("body", Json, nullable=False),
        Column("searched", Text, nullable=False),
        *(
            Column(field_column(field.name), _type_of(field), nullable=not field.required)
            for field in collection.fields
            if not field.many
        ),
        *(UniqueConstraint(*map(field_column, names)) for names in collection.unique),
    )
    single = [(field.name,) for field in collection.fields if not field.many]
    for names in dict.fromkeys([*single, *collection.indexes]):
        columns = [field_column(each) for each in names]
        Index(
            f"{name}_by_{'_'.join(each.removeprefix('field_') for each in columns)}",
            *[documents.c[each] for each in columns],
        )
    values = Table(
        f"{name}_values",
        metadata,
        Column("document_id", _PLAIN_ID, ForeignKey(f"{name}.id", ondelete="CASCADE"), primary_key=True),
        Column("field", String(64), primary_key=True),
        Column("value", _PLAIN_TEXT, primary_key=True),
    )
    Index(f"{name}_values_by_value", values.c.field, values.c.value, values.c.document_id)
    return DocumentTables(collection, documents, values, head_tables(metadata))
