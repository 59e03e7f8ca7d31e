"""An account remembers the devices from which it was signed in to."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marquee_subgraphs.kit.database import UtcDateTime

revision = "0003"
down_revision = "0002"
compatible_from = "0001"


def upgrade() -> None:
    """Create the table; no device is known yet."""
    op.create_table(
        "known_devices",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=40), nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"]),
        sa.PrimaryKeyConstraint("hash"),
    )
    op.create_index(op.f("ix_known_devices_user_id"), "known_devices", ["user_id"], unique=False)
