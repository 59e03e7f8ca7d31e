"""The tables of the showtimes database: films, cinemas, auditoriums and showtimes."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, MetaData, String, Table, Text

from marquee_subgraphs.kit.database import Json, MinorUnits, UtcDateTime

TABLES: Final = MetaData()

MOVIES: Final = Table(
    "movies",
    TABLES,
    Column("id", String(40), primary_key=True),
    Column("title", String(300), nullable=False),
    Column("runtime_minutes", Integer, nullable=False),
    Column("is_active", Boolean, nullable=False),
)
CINEMAS: Final = Table(
    "cinemas",
    TABLES,
    Column("id", String(40), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("city", String(200), nullable=False),
    Column("address", String(300), nullable=False),
    Column("time_zone", String(64), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)
AUDITORIUMS: Final = Table(
    "auditoriums",
    TABLES,
    Column("id", String(40), primary_key=True),
    Column("cinema_id", String(40), ForeignKey("cinemas.id"), nullable=False, index=True),
    Column("name", String(200), nullable=False),
    Column("curved", Boolean, nullable=False),
    Column("seat_count", Integer, nullable=False),
    Column("seats", Json, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)
SHOWTIMES: Final = Table(
    "showtimes",
    TABLES,
    Column("id", String(40), primary_key=True),
    Column("movie_id", String(40), ForeignKey("movies.id"), nullable=False),
    Column("cinema_id", String(40), ForeignKey("cinemas.id"), nullable=False),
    Column("auditorium_id", String(40), ForeignKey("auditoriums.id"), nullable=False),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("sales_close_at", UtcDateTime, nullable=False),
    Column("base_price", MinorUnits, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("screen_format", String(12), nullable=False),
    Column("language", String(20), nullable=False),
    Column("seat_count", Integer, nullable=False),
    Column("cancelled_reason", Text),
    Index("showtimes_by_start", "starts_at", "id"),
    Index("showtimes_by_movie", "movie_id", "starts_at", "id"),
    Index("showtimes_by_cinema", "cinema_id", "starts_at", "id"),
    Index("showtimes_by_auditorium", "auditorium_id", "starts_at"),
)
