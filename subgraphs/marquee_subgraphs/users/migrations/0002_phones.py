"""A person may give a phone number, for SMS."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
compatible_from = "0001"


def upgrade() -> None:
    """Add the column; nobody has given one yet."""
    op.add_column("users", sa.Column("phone", sa.String(length=16), nullable=True))
