"""The tables of showtimes before there were revisions; stores made then have them already."""

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
        "cinemas",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("city", sa.String(length=200), nullable=False),
        sa.Column("address", sa.String(length=300), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_table(
        "movies",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("runtime_minutes", sa.Integer(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_table(
        "auditoriums",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("cinema_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("curved", sa.Boolean(), nullable=False),
        sa.Column("seat_count", sa.Integer(), nullable=False),
        sa.Column("seats", Json, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.ForeignKeyConstraint(["cinema_id"], ["cinemas.id"]),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index(
        op.f("ix_auditoriums_cinema_id"), "auditoriums", ["cinema_id"], unique=False, if_not_exists=True
    )
    op.create_table(
        "showtimes",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("movie_id", sa.String(length=40), nullable=False),
        sa.Column("cinema_id", sa.String(length=40), nullable=False),
        sa.Column("auditorium_id", sa.String(length=40), nullable=False),
        sa.Column("starts_at", UtcDateTime, nullable=False),
        sa.Column("ends_at", UtcDateTime, nullable=False),
        sa.Column("sales_close_at", UtcDateTime, nullable=False),
        sa.Column("base_price", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("screen_format", sa.String(length=12), nullable=False),
        sa.Column("language", sa.String(length=20), nullable=False),
        sa.Column("seat_count", sa.Integer(), nullable=False),
        sa.Column("cancelled_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["auditorium_id"], ["auditoriums.id"]),
        sa.ForeignKeyConstraint(["cinema_id"], ["cinemas.id"]),
        sa.ForeignKeyConstraint(["movie_id"], ["movies.id"]),
        sa.PrimaryKeyConstraint("id"),
        if_not_exists=True,
    )
    op.create_index(
        "showtimes_by_auditorium",
        "showtimes",
        ["auditorium_id", "starts_at"],
        unique=False,
        if_not_exists=True,
    )
    op.create_index(
        "showtimes_by_cinema", "showtimes", ["cinema_id", "starts_at", "id"], unique=False, if_not_exists=True
    )
    op.create_index(
        "showtimes_by_movie", "showtimes", ["movie_id", "starts_at", "id"], unique=False, if_not_exists=True
    )
    op.create_index("showtimes_by_start", "showtimes", ["starts_at", "id"], unique=False, if_not_exists=True)
