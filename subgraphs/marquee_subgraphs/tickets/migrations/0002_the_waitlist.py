"""Who waits for seats of a sold-out showtime."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marquee_subgraphs.kit.database import UtcDateTime

revision = "0002"
down_revision = "0001"
compatible_from = "0001"


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "waitlist",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("showtime_id", sa.String(length=64), nullable=False),
        sa.Column("person", sa.String(length=254), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("locale", sa.String(length=2), nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("joined_at", UtcDateTime, nullable=False),
        sa.Column("hold_id", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("showtime_id", "person"),
        sa.UniqueConstraint("showtime_id", "place"),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_waitlist_user_id"), "waitlist", ["user_id"], unique=False, if_not_exists=True)
