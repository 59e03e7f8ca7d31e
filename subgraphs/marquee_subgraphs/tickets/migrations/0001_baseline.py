"""The tables of tickets before there were revisions; stores made then have them already."""

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
        "cancellations",
        sa.Column("showtime_id", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("orders_total", sa.Integer(), nullable=False),
        sa.Column("orders_done", sa.Integer(), nullable=False),
        sa.Column("after_order_id", sa.String(length=64), nullable=False),
        sa.Column("finished_at", UtcDateTime, nullable=True),
        sa.PrimaryKeyConstraint("showtime_id"),
        if_not_exists=True,
    )
    op.create_table(
        "holds",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("showtime_id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=True),
        sa.Column("first_held_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("order_id", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index(
        "holds_open_by_expiry",
        "holds",
        ["expires_at"],
        unique=False,
        sqlite_where=sa.text("is_open IS 1"),
        postgresql_where=sa.text("is_open IS true"),
        if_not_exists=True,
    )
    op.create_index(
        "holds_open_by_showtime",
        "holds",
        ["showtime_id"],
        unique=False,
        sqlite_where=sa.text("is_open IS 1"),
        postgresql_where=sa.text("is_open IS true"),
        if_not_exists=True,
    )
    op.create_table(
        "layouts",
        sa.Column("showtime_id", sa.String(length=64), nullable=False),
        sa.Column("places", Json, nullable=False),
        sa.PrimaryKeyConstraint("showtime_id"),
        if_not_exists=True,
    )
    op.create_table(
        "memberships",
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("tier", sa.String(length=12), nullable=False),
        sa.PrimaryKeyConstraint("user_id"),
        if_not_exists=True,
    )
    op.create_table(
        "orders",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("hold_id", sa.String(length=64), nullable=False),
        sa.Column("showtime_id", sa.String(length=64), nullable=False),
        sa.Column("cinema_id", sa.String(length=64), nullable=False),
        sa.Column("movie_id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("locale", sa.String(length=2), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("subtotal", sa.BigInteger(), nullable=False),
        sa.Column("discount", sa.BigInteger(), nullable=False),
        sa.Column("booking_fee", sa.BigInteger(), nullable=False),
        sa.Column("tax", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("refunded", sa.BigInteger(), nullable=False),
        sa.Column("seats", Json, nullable=False),
        sa.Column("lines", Json, nullable=False),
        sa.Column("voucher_code", sa.String(length=64), nullable=True),
        sa.Column("placed_at", UtcDateTime, nullable=False),
        sa.Column("expires_at", UtcDateTime, nullable=True),
        sa.Column("payment_id", sa.String(length=64), nullable=True),
        sa.Column("is_captured", sa.Boolean(), nullable=False),
        sa.Column("failure_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("hold_id"),
        sa.UniqueConstraint("number"),
        if_not_exists=True,
    )
    op.create_index("orders_by_showtime", "orders", ["showtime_id", "id"], unique=False, if_not_exists=True)
    op.create_index("orders_by_user", "orders", ["user_id", "id"], unique=False, if_not_exists=True)
    op.create_table(
        "refunds",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("order_id", sa.String(length=64), nullable=False),
        sa.Column("payment_id", sa.String(length=64), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("ticket_ids", Json, nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_refunds_order_id"), "refunds", ["order_id"], unique=False, if_not_exists=True)
    op.create_table(
        "scans",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("ticket_id", sa.String(length=64), nullable=False),
        sa.Column("nonce", sa.String(length=128), nullable=False),
        sa.Column("gate", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("refusal", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("ticket_id", "nonce"),
        if_not_exists=True,
    )
    op.create_table(
        "seat_changes",
        sa.Column("showtime_id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("labels", Json, nullable=False),
        sa.PrimaryKeyConstraint("showtime_id", "version"),
        if_not_exists=True,
    )
    op.create_table(
        "seats",
        sa.Column("showtime_id", sa.String(length=64), nullable=False),
        sa.Column("label", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("hold_id", sa.String(length=64), nullable=True),
        sa.Column("held_until", UtcDateTime, nullable=True),
        sa.Column("user_id", sa.String(length=64), nullable=True),
        sa.Column("order_id", sa.String(length=64), nullable=True),
        sa.Column("changed_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("showtime_id", "label"),
        if_not_exists=True,
    )
    op.create_table(
        "secrets",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
        if_not_exists=True,
    )
    op.create_table(
        "showtimes",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("movie_id", sa.String(length=64), nullable=False),
        sa.Column("movie_title", sa.Text(), nullable=False),
        sa.Column("cinema_id", sa.String(length=64), nullable=False),
        sa.Column("cinema_name", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("starts_at", UtcDateTime, nullable=False),
        sa.Column("ends_at", UtcDateTime, nullable=False),
        sa.Column("sales_close_at", UtcDateTime, nullable=False),
        sa.Column("base_price", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("is_cancelled", sa.Boolean(), nullable=False),
        sa.Column("seat_version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_table(
        "vouchers",
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("percent", sa.Integer(), nullable=True),
        sa.Column("expires_at", UtcDateTime, nullable=False),
        sa.Column("order_id", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("code"),
        if_not_exists=True,
    )
    op.create_table(
        "tickets",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("order_id", sa.String(length=64), nullable=False),
        sa.Column("showtime_id", sa.String(length=64), nullable=False),
        sa.Column("cinema_id", sa.String(length=64), nullable=False),
        sa.Column("movie_id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=True),
        sa.Column("seat_label", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("net", sa.BigInteger(), nullable=False),
        sa.Column("fee", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("code_version", sa.Integer(), nullable=False),
        sa.Column("refund_id", sa.String(length=64), nullable=True),
        sa.Column("checked_in_at", UtcDateTime, nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"]),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_tickets_order_id"), "tickets", ["order_id"], unique=False, if_not_exists=True)
    op.create_index("tickets_by_showtime", "tickets", ["showtime_id", "id"], unique=False, if_not_exists=True)
    op.create_index("tickets_by_user", "tickets", ["user_id", "id"], unique=False, if_not_exists=True)
    op.create_index(
        "tickets_one_per_seat",
        "tickets",
        ["showtime_id", "seat_label"],
        unique=True,
        sqlite_where=sa.text("status IN ('VALID', 'CHECKED_IN', 'REFUND_PENDING')"),
        postgresql_where=sa.text("status IN ('VALID', 'CHECKED_IN', 'REFUND_PENDING')"),
        if_not_exists=True,
    )
