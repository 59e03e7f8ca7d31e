"""The tables of reviews before there were revisions; stores made then have them already."""

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
        "attendances",
        sa.Column(
            "id",
            sa.String(length=64).with_variant(sa.String(length=64, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.Column("searched", sa.Text(), nullable=False),
        sa.Column(
            "field_user_id", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index(
        "attendances_by_user_id", "attendances", ["field_user_id"], unique=False, if_not_exists=True
    )
    op.create_table(
        "films",
        sa.Column(
            "id",
            sa.String(length=64).with_variant(sa.String(length=64, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.Column("searched", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_table(
        "reviews",
        sa.Column(
            "id",
            sa.String(length=64).with_variant(sa.String(length=64, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.Column("searched", sa.Text(), nullable=False),
        sa.Column(
            "field_movie_id", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column(
            "field_user_id", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column("field_rating", sa.Double(), nullable=False),
        sa.Column(
            "field_status", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False
        ),
        sa.Column("field_verified", sa.Boolean(), nullable=False),
        sa.Column("field_helpful", sa.Double(), nullable=False),
        sa.Column(
            "field_created_at", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("field_movie_id", "field_user_id"),
        if_not_exists=True,
    )
    op.create_index(
        "reviews_by_created_at", "reviews", ["field_created_at"], unique=False, if_not_exists=True
    )
    op.create_index("reviews_by_helpful", "reviews", ["field_helpful"], unique=False, if_not_exists=True)
    op.create_index("reviews_by_movie_id", "reviews", ["field_movie_id"], unique=False, if_not_exists=True)
    op.create_index(
        "reviews_by_movie_id_status_created_at",
        "reviews",
        ["field_movie_id", "field_status", "field_created_at"],
        unique=False,
        if_not_exists=True,
    )
    op.create_index("reviews_by_rating", "reviews", ["field_rating"], unique=False, if_not_exists=True)
    op.create_index("reviews_by_status", "reviews", ["field_status"], unique=False, if_not_exists=True)
    op.create_index(
        "reviews_by_status_created_at",
        "reviews",
        ["field_status", "field_created_at"],
        unique=False,
        if_not_exists=True,
    )
    op.create_index("reviews_by_user_id", "reviews", ["field_user_id"], unique=False, if_not_exists=True)
    op.create_index(
        "reviews_by_user_id_created_at",
        "reviews",
        ["field_user_id", "field_created_at"],
        unique=False,
        if_not_exists=True,
    )
    op.create_index("reviews_by_verified", "reviews", ["field_verified"], unique=False, if_not_exists=True)
    op.create_table(
        "votes",
        sa.Column(
            "id",
            sa.String(length=64).with_variant(sa.String(length=64, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.Column("searched", sa.Text(), nullable=False),
        sa.Column(
            "field_user_id", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index("votes_by_user_id", "votes", ["field_user_id"], unique=False, if_not_exists=True)
    op.create_table(
        "attendances_values",
        sa.Column(
            "document_id",
            sa.String(length=64).with_variant(sa.String(length=64, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("field", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["attendances.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("document_id", "field", "value"),
        if_not_exists=True,
    )
    op.create_index(
        "attendances_values_by_value",
        "attendances_values",
        ["field", "value", "document_id"],
        unique=False,
        if_not_exists=True,
    )
    op.create_table(
        "films_values",
        sa.Column(
            "document_id",
            sa.String(length=64).with_variant(sa.String(length=64, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("field", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["films.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("document_id", "field", "value"),
        if_not_exists=True,
    )
    op.create_index(
        "films_values_by_value",
        "films_values",
        ["field", "value", "document_id"],
        unique=False,
        if_not_exists=True,
    )
    op.create_table(
        "reviews_values",
        sa.Column(
            "document_id",
            sa.String(length=64).with_variant(sa.String(length=64, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("field", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["reviews.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("document_id", "field", "value"),
        if_not_exists=True,
    )
    op.create_index(
        "reviews_values_by_value",
        "reviews_values",
        ["field", "value", "document_id"],
        unique=False,
        if_not_exists=True,
    )
    op.create_table(
        "votes_values",
        sa.Column(
            "document_id",
            sa.String(length=64).with_variant(sa.String(length=64, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.Column("field", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text().with_variant(sa.Text(collation="C"), "postgresql"), nullable=False),
        sa.ForeignKeyConstraint(["document_id"], ["votes.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("document_id", "field", "value"),
        if_not_exists=True,
    )
    op.create_index(
        "votes_values_by_value",
        "votes_values",
        ["field", "value", "document_id"],
        unique=False,
        if_not_exists=True,
    )
