"""Who was forgotten stays so."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
compatible_from = "0001"


def upgrade() -> None:
    """Add the mark; people erased before have no row to mark."""
    op.add_column(
        "people", sa.Column("is_forgotten", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
