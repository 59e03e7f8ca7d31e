"""A message keeps the trace of its cause, so that its delivery belongs to the same trace."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
compatible_from = "0001"


def upgrade() -> None:
    """Add the column; messages that are queued have no trace."""
    op.add_column("messages", sa.Column("trace", sa.String(length=55), nullable=True))
