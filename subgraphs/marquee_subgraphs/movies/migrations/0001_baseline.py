"""The tables of movies before there were revisions; stores made then have them already."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marquee_subgraphs.kit.database import Json

revision = "0001"
down_revision = None
compatible_from = "0001"


def upgrade() -> None:
    """Create what is not there."""
    op.create_table(
        "movies",
        sa.Column(
            "id",
            sa.String(length=64).with_variant(sa.String(length=64, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.Column("searched", sa.Text(), nullable=False),
        sa.Column(
            "field_title", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column(
            "field_release_date", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column("field_runtime_minutes", sa.Double(), nullable=False),
        sa.Column(
            "field_language", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column(
            "field_status", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index("movies_by_language", "movies", ["field_language"], unique=False, if_not_exists=True)
    op.create_index(
        "movies_by_release_date", "movies", ["field_release_date"], unique=False, if_not_exists=True
    )
    op.create_index(
        "movies_by_runtime_minutes", "movies", ["field_runtime_minutes"], unique=False, if_not_exists=True
    )
    op.create_index("movies_by_status", "movies", ["field_status"], unique=False, if_not_exists=True)
    op.create_index(
        "movies_by_status_release_date",
        "movies",
        ["field_status", "field_release_date"],
        unique=False,
        if_not_exists=True,
    )
    op.create_index(
        "movies_by_status_title", "movies", ["field_status", "field_title"], unique=False, if_not_exists=True
    )
    op.create_index("movies_by_title", "movies", ["field_title"], unique=False, if_not_exists=True)
    op.create_table(
        "movies_values",
        sa.Column(
            "document_id",
            sa.String(length=64).with_variant(sa.String(length=64, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("field", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["movies.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("document_id", "field", "value"),
        if_not_exists=True,
    )
    op.create_index(
        "movies_values_by_value",
        "movies_values",
        ["field", "value", "document_id"],
        unique=False,
        if_not_exists=True,
    )
