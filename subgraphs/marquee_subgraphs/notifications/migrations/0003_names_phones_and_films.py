"""Mails name their reader and say why they failed; people have phones, films a title in each language."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marquee_subgraphs.kit.database import Json

revision = "0003"
down_revision = "0002"
compatible_from = "0001"


def upgrade() -> None:
    """Add what is missing; a film's name arrives with its next change, and is the former one until then."""
    op.create_table(
        "films",
        sa.Column("movie_id", sa.String(length=40), nullable=False),
        sa.Column("titles", Json, nullable=False),
        sa.PrimaryKeyConstraint("movie_id"),
    )
    op.add_column("contacts", sa.Column("movie_id", sa.String(length=40), nullable=True))
    op.add_column("messages", sa.Column("recipient_name", sa.String(length=200), nullable=True))
    op.add_column("messages", sa.Column("failure", sa.String(length=300), nullable=True))
    op.add_column("people", sa.Column("phone", sa.String(length=16), nullable=True))
