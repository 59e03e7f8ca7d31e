"""The tables of loyalty before there were revisions; stores made then have them already."""

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
        "memberships",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("user_id", sa.String(length=40), nullable=True),
        sa.Column("plan", sa.String(length=20), nullable=False),
        sa.Column("tier", sa.String(length=20), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("pending", sa.Integer(), nullable=False),
        sa.Column("tier_points", sa.Integer(), nullable=False),
        sa.Column("tier_until", UtcDateTime, nullable=True),
        sa.Column("joined_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("user_id"),
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_memberships_tier_until"), "memberships", ["tier_until"], unique=False, if_not_exists=True
    )
    op.create_table(
        "people",
        sa.Column("user_id", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("user_id"),
        if_not_exists=True,
    )
    op.create_table(
        "rewards",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("cost", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("percent", sa.Integer(), nullable=True),
        sa.Column("stock", sa.Integer(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.CheckConstraint("stock >= 0", name="stock_never_negative"),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index("rewards_by_cost", "rewards", ["cost", "id"], unique=False, if_not_exists=True)
    op.create_table(
        "showtimes",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("movie_title", sa.String(length=400), nullable=True),
        sa.Column("starts_at", UtcDateTime, nullable=True),
        sa.Column("cancelled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_showtimes_starts_at"), "showtimes", ["starts_at"], unique=False, if_not_exists=True
    )
    op.create_table(
        "accruals",
        sa.Column("payment_id", sa.String(length=64), nullable=False),
        sa.Column("order_id", sa.String(length=64), nullable=False),
        sa.Column("membership_id", sa.String(length=40), nullable=True),
        sa.Column("showtime_id", sa.String(length=64), nullable=False),
        sa.Column("captured", sa.BigInteger(), nullable=True),
        sa.Column("refunded", sa.BigInteger(), nullable=False),
        sa.Column("earned", sa.Integer(), nullable=False),
        sa.Column("reversed", sa.Integer(), nullable=False),
        sa.Column("released_at", UtcDateTime, nullable=True),
        sa.CheckConstraint("reversed <= earned", name="never_more_than_earned"),
        sa.ForeignKeyConstraint(["membership_id"], ["memberships.id"]),
        sa.PrimaryKeyConstraint("payment_id"),
        if_not_exists=True,
    )
    op.create_index(
        "accruals_unreleased",
        "accruals",
        ["showtime_id", "membership_id"],
        unique=False,
        sqlite_where=sa.text("released_at IS NULL"),
        postgresql_where=sa.text("released_at IS NULL"),
        if_not_exists=True,
    )
    op.create_table(
        "ledger",
        sa.Column("sequence", AutoIncrement, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("membership_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("pending", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("order_id", sa.String(length=64), nullable=True),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("counts_from", UtcDateTime, nullable=True),
        sa.ForeignKeyConstraint(["membership_id"], ["memberships.id"]),
        sa.PrimaryKeyConstraint("sequence"),
        sa.UniqueConstraint("id"),
        sa.UniqueConstraint("key"),
        sqlite_autoincrement=True,
        if_not_exists=True,
    )
    op.create_index(
        "ledger_for_tier", "ledger", ["membership_id", "counts_from"], unique=False, if_not_exists=True
    )
    op.create_index(
        "ledger_of_member", "ledger", ["membership_id", "sequence"], unique=False, if_not_exists=True
    )
    op.create_table(
        "vouchers",
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("membership_id", sa.String(length=40), nullable=False),
        sa.Column("reward_id", sa.String(length=40), nullable=False),
        sa.Column("cost", sa.Integer(), nullable=False),
        sa.Column("issued_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.Column("used_at", UtcDateTime, nullable=True),
        sa.ForeignKeyConstraint(["membership_id"], ["memberships.id"]),
        sa.ForeignKeyConstraint(["reward_id"], ["rewards.id"]),
        sa.PrimaryKeyConstraint("code"),
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_vouchers_membership_id"), "vouchers", ["membership_id"], unique=False, if_not_exists=True
    )
