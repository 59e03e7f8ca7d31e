"""The tables of the embedded broker before there were revisions; files made then have them already."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marquee_subgraphs.kit.database import AutoIncrement, UtcDateTime

revision = "0001"
down_revision = None
compatible_from = "0001"


def upgrade() -> None:
    """Create what is not there."""
    op.create_table(
        "bindings",
        sa.Column("type", sa.String(length=100), nullable=False),
        sa.Column("queue", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("type", "queue"),
        if_not_exists=True,
    )
    op.create_table(
        "published",
        sa.Column("sequence", AutoIncrement, autoincrement=True, nullable=False),
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.Column("type", sa.String(length=100), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("published_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("sequence"),
        sa.UniqueConstraint("event_id"),
        sqlite_autoincrement=True,
        if_not_exists=True,
    )
    op.create_table(
        "deliveries",
        sa.Column("sequence", AutoIncrement, autoincrement=True, nullable=False),
        sa.Column("queue", sa.String(length=64), nullable=False),
        sa.Column("event_id", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=8), server_default="ready", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", UtcDateTime, nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("changed_at", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["published.event_id"]),
        sa.PrimaryKeyConstraint("sequence"),
        sqlite_autoincrement=True,
        if_not_exists=True,
    )
    op.create_index(
        "deliveries_due", "deliveries", ["queue", "status", "sequence"], unique=False, if_not_exists=True
    )
    op.create_index(
        op.f("ix_deliveries_event_id"), "deliveries", ["event_id"], unique=False, if_not_exists=True
    )
