"""The SQL tables beside documents in MongoDB: a head for each document, and the owners of unique fields.

Owns their shape only; `heads` owns the rows.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import BigInteger, Column, Index, MetaData, String, Table, Text

from marquee_subgraphs.kit.database import UtcDateTime

_PLAIN_ID = String(64).with_variant(String(64, collation="C"), "postgresql")


@dataclass(frozen=True, slots=True)
class HeadTables:
    """The tables in which the writes of a subgraph's documents are decided and kept until MongoDB has
    them.
    """

    heads: Table
    """A row for each document, and for a day for each deleted one. `revision` counts the writes of the id and
    never falls; `version` is NULL after a deletion; `body` is JSON, kept until `carried_at`.
    """
    keys: Table
    """A row for each document and set of unique fields, by a digest of their values."""


def head_tables(metadata: MetaData) -> HeadTables:
    """Return the tables in `metadata`; the first call declares them."""
    if "document_heads" in metadata.tables:
        return HeadTables(metadata.tables["document_heads"], metadata.tables["document_keys"])
    heads = Table(
        "document_heads",
        metadata,
        Column("collection", String(64), primary_key=True),
        Column("document_id", _PLAIN_ID, primary_key=True),
        Column("revision", BigInteger, nullable=False),
        Column("version", BigInteger),
        Column("body", Text),
        Column("changed_at", UtcDateTime, nullable=False),
        Column("carried_at", UtcDateTime),
    )
    Index(
        "document_heads_pending",
        heads.c.collection,
        heads.c.document_id,
        sqlite_where=heads.c.carried_at.is_(None),
        postgresql_where=heads.c.carried_at.is_(None),
    )
    Index(
        "document_heads_deleted",
        heads.c.changed_at,
        sqlite_where=heads.c.version.is_(None),
        postgresql_where=heads.c.version.is_(None),
    )
    keys = Table(
        "document_keys",
        metadata,
        Column("collection", String(64), primary_key=True),
        Column("digest", String(64), primary_key=True),
        Column("document_id", _PLAIN_ID, nullable=False),
    )
    Index("document_keys_by_document", keys.c.collection, keys.c.document_id)
    return HeadTables(heads, keys)
