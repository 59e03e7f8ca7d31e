"""The tables of analytics before there were revisions; stores made then have them already."""

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
        "auditoriums",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("cinema_id", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_table(
        "cinemas",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_table(
        "daily_sales",
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("showtime_id", sa.String(length=64), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("movie_id", sa.String(length=64), nullable=False),
        sa.Column("cinema_id", sa.String(length=64), nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("tickets", sa.Integer(), nullable=False),
        sa.Column("captured", sa.BigInteger(), nullable=False),
        sa.Column("refunded", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("local_date", "showtime_id", "currency"),
        if_not_exists=True,
    )
    op.create_index("daily_sales_of_cinema", "daily_sales", ["cinema_id"], unique=False, if_not_exists=True)
    op.create_index(
        "daily_sales_of_movie", "daily_sales", ["movie_id", "local_date"], unique=False, if_not_exists=True
    )
    op.create_index(
        "daily_sales_of_showtime", "daily_sales", ["showtime_id"], unique=False, if_not_exists=True
    )
    op.create_table(
        "daily_tracked",
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("type", "subject", "date"),
        if_not_exists=True,
    )
    op.create_table(
        "movies",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=400), nullable=False),
        sa.Column("genres", Json, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_table(
        "people",
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("registered_at", UtcDateTime, nullable=False),
        sa.Column("last_seen_at", UtcDateTime, nullable=True),
        sa.PrimaryKeyConstraint("user_id"),
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_people_registered_at"), "people", ["registered_at"], unique=False, if_not_exists=True
    )
    op.create_table(
        "sales",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("payment_id", sa.String(length=64), nullable=False),
        sa.Column("order_id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=True),
        sa.Column("movie_id", sa.String(length=64), nullable=False),
        sa.Column("showtime_id", sa.String(length=64), nullable=False),
        sa.Column("cinema_id", sa.String(length=64), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("local_date", sa.Date(), nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("tickets", sa.Integer(), nullable=False),
        sa.Column("captured", sa.BigInteger(), nullable=False),
        sa.Column("refunded", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_sales_payment_id"), "sales", ["payment_id"], unique=False, if_not_exists=True)
    op.create_index(op.f("ix_sales_user_id"), "sales", ["user_id"], unique=False, if_not_exists=True)
    op.create_index("sales_by_time", "sales", ["at"], unique=False, if_not_exists=True)
    op.create_index("sales_of_cinema", "sales", ["cinema_id", "at"], unique=False, if_not_exists=True)
    op.create_index("sales_of_showtime", "sales", ["showtime_id", "at"], unique=False, if_not_exists=True)
    op.create_table(
        "seats",
        sa.Column("showtime_id", sa.String(length=64), nullable=False),
        sa.Column("label", sa.String(length=16), nullable=False),
        sa.Column("sold", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("showtime_id", "label"),
        if_not_exists=True,
    )
    op.create_table(
        "showtimes",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("movie_id", sa.String(length=64), nullable=False),
        sa.Column("movie_title", sa.String(length=400), nullable=False),
        sa.Column("cinema_id", sa.String(length=64), nullable=False),
        sa.Column("auditorium_id", sa.String(length=64), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("starts_at", UtcDateTime, nullable=False),
        sa.Column("seats", sa.Integer(), nullable=False),
        sa.Column("cancelled", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index("showtimes_by_start", "showtimes", ["starts_at"], unique=False, if_not_exists=True)
    op.create_index(
        "showtimes_of_auditorium",
        "showtimes",
        ["auditorium_id", "starts_at"],
        unique=False,
        if_not_exists=True,
    )
    op.create_index(
        "showtimes_of_cinema", "showtimes", ["cinema_id", "starts_at"], unique=False, if_not_exists=True
    )
    op.create_table(
        "visits",
        sa.Column("ticket_id", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=True),
        sa.Column("movie_id", sa.String(length=64), nullable=False),
        sa.Column("showtime_id", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("entered", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("ticket_id"),
        if_not_exists=True,
    )
    op.create_index(op.f("ix_visits_at"), "visits", ["at"], unique=False, if_not_exists=True)
    op.create_index(op.f("ix_visits_user_id"), "visits", ["user_id"], unique=False, if_not_exists=True)
