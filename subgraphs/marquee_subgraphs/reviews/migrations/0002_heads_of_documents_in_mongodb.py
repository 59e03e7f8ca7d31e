"""Heads of documents in MongoDB."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marquee_subgraphs.kit.database import UtcDateTime

revision = "0002"
down_revision = "0001"
compatible_from = "0001"


def upgrade() -> None:
    """Heads of documents in MongoDB."""
    op.create_table(
        "document_heads",
        sa.Column("collection", sa.String(length=64), nullable=False),
        sa.Column(
            "document_id",
            sa.String(length=64).with_variant(sa.String(length=64, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("changed_at", UtcDateTime, nullable=False),
        sa.Column("carried_at", UtcDateTime, nullable=True),
        sa.PrimaryKeyConstraint("collection", "document_id"),
        if_not_exists=True,
    )
    op.create_index(
        "document_heads_deleted",
        "document_heads",
        ["changed_at"],
        unique=False,
        sqlite_where=sa.text("version IS NULL"),
        postgresql_where=sa.text("version IS NULL"),
        if_not_exists=True,
    )
    op.create_index(
        "document_heads_pending",
        "document_heads",
        ["collection", "document_id"],
        unique=False,
        sqlite_where=sa.text("carried_at IS NULL"),
        postgresql_where=sa.text("carried_at IS NULL"),
        if_not_exists=True,
    )
    op.create_table(
        "document_keys",
        sa.Column("collection", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column(
            "document_id",
            sa.String(length=64).with_variant(sa.String(length=64, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("collection", "digest"),
        if_not_exists=True,
    )
    op.create_index(
        "document_keys_by_document",
        "document_keys",
        ["collection", "document_id"],
        unique=False,
        if_not_exists=True,
    )
