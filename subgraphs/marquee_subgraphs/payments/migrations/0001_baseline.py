"""The tables of payments before there were revisions; stores made then have them already."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from marquee_subgraphs.kit.database import Json, UtcDateTime

revision = "0001"
down_revision = None
compatible_from = "0001"


def upgrade() -> None:
    """Create what is not there."""
    op.create_table(
        "orders",
        sa.Column("order_id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=True),
        sa.Column("showtime_id", sa.String(length=64), nullable=False),
        sa.Column("movie_id", sa.String(length=64), nullable=False),
        sa.Column("cinema_id", sa.String(length=64), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("seat_count", sa.Integer(), nullable=False),
        sa.Column("payable_until", UtcDateTime, nullable=False),
        sa.Column("phase", sa.String(length=12), nullable=False),
        sa.Column("confirmed_payment_id", sa.String(length=64), nullable=True),
        sa.Column("live_payment_id", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("order_id"),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_orders_user_id"), "orders", ["user_id"], unique=False, if_not_exists=True)
    op.create_table(
        "payments",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("order_id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=True),
        sa.Column("cinema_id", sa.String(length=64), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("payment_method", sa.String(length=100), nullable=False),
        sa.Column("return_url", sa.Text(), nullable=False),
        sa.Column("status", sa.String(length=24), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("captured_minor", sa.BigInteger(), nullable=False),
        sa.Column("refunded_minor", sa.BigInteger(), nullable=False),
        sa.Column("reserved_minor", sa.BigInteger(), nullable=False),
        sa.Column("provider_id", sa.String(length=100), nullable=True),
        sa.Column("action_url", sa.Text(), nullable=True),
        sa.Column("failure_code", sa.String(length=100), nullable=True),
        sa.Column("failure_message", sa.Text(), nullable=True),
        sa.Column("void_requested", sa.Boolean(), nullable=False),
        sa.Column("capture_failed", sa.Boolean(), nullable=False),
        sa.Column("released", sa.Boolean(), nullable=False),
        sa.Column("started_at", UtcDateTime, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", UtcDateTime, nullable=True),
        sa.CheckConstraint("amount_minor > 0", name="payments_are_more_than_nothing"),
        sa.CheckConstraint(
            "captured_minor <= amount_minor AND refunded_minor <= captured_minor AND refunded_minor <="
            " reserved_minor AND reserved_minor <= amount_minor",
            name="payments_give_back_no_more_than_taken",
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.order_id"]),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index(
        "payments_by_order", "payments", ["order_id", "started_at", "id"], unique=False, if_not_exists=True
    )
    op.create_index("payments_by_provider", "payments", ["provider_id"], unique=False, if_not_exists=True)
    op.create_index(
        "payments_by_user", "payments", ["user_id", "started_at", "id"], unique=False, if_not_exists=True
    )
    op.create_index("payments_due", "payments", ["due_at"], unique=False, if_not_exists=True)
    op.create_table(
        "payment_events",
        sa.Column("payment_id", sa.String(length=64), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("minor", sa.BigInteger(), nullable=True),
        sa.Column("provider_id", sa.String(length=100), nullable=True),
        sa.Column("code", sa.String(length=100), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("reference", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"]),
        sa.PrimaryKeyConstraint("payment_id", "sequence"),
        if_not_exists=True,
    )
    op.create_table(
        "refunds",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("payment_id", sa.String(length=64), nullable=False),
        sa.Column("order_id", sa.String(length=64), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.String(length=64), nullable=True),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("ticket_ids", Json, nullable=False),
        sa.Column("provider_refund_id", sa.String(length=100), nullable=True),
        sa.Column("failure", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", UtcDateTime, nullable=True),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.CheckConstraint("amount_minor > 0", name="refunds_are_more_than_nothing"),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"]),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index(
        "refunds_by_payment", "refunds", ["payment_id", "created_at", "id"], unique=False, if_not_exists=True
    )
    op.create_index("refunds_due", "refunds", ["due_at"], unique=False, if_not_exists=True)
