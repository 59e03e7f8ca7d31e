"""The tables of analytics: facts, each under the id of what it is about, and their sums by day.

Owns their shape only; `store` owns the rows.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Date, Index, Integer, MetaData, String, Table

from marquee_subgraphs.kit.database import Json, MinorUnits, UtcDateTime

TABLES = MetaData()

CINEMAS = Table(
    "cinemas",
    TABLES,
    Column("id", String(64), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("time_zone", String(64), nullable=False),
)
AUDITORIUMS = Table(
    "auditoriums",
    TABLES,
    Column("id", String(64), primary_key=True),
    Column("cinema_id", String(64), nullable=False),
)
MOVIES = Table(
    "movies",
    TABLES,
    Column("id", String(64), primary_key=True),
    Column("title", String(400), nullable=False),
    Column("genres", Json, nullable=False),
)
SHOWTIMES = Table(
    "showtimes",
    TABLES,
    Column("id", String(64), primary_key=True),
    Column("movie_id", String(64), nullable=False),
    Column("movie_title", String(400), nullable=False),
    Column("cinema_id", String(64), nullable=False),
    Column("auditorium_id", String(64), nullable=False),
    Column("time_zone", String(64), nullable=False),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("seats", Integer, nullable=False),
    Column("cancelled", Boolean, nullable=False),
    Index("showtimes_by_start", "starts_at"),
    Index("showtimes_of_cinema", "cinema_id", "starts_at"),
    Index("showtimes_of_auditorium", "auditorium_id", "starts_at"),
)
SEATS = Table(
    "seats",
    TABLES,
    Column("showtime_id", String(64), primary_key=True),
    Column("label", String(16), primary_key=True),
    Column("sold", Boolean, nullable=False),
    # The version of the event that wrote it: an older event that comes late changes nothing.
    Column("version", BigInteger, nullable=False),
)
SALES = Table(
    "sales",
    TABLES,
    Column("id", String(64), primary_key=True),
    Column("payment_id", String(64), nullable=False, index=True),
    Column("order_id", String(64), nullable=False),
    Column("user_id", String(64), index=True),
    Column("movie_id", String(64), nullable=False),
    Column("showtime_id", String(64), nullable=False),
    Column("cinema_id", String(64), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("local_date", Date, nullable=False),
    Column("orders", Integer, nullable=False),
    Column("tickets", Integer, nullable=False),
    Column("captured", MinorUnits, nullable=False),
    Column("refunded", MinorUnits, nullable=False),
    Index("sales_by_time", "at"),
    Index("sales_of_cinema", "cinema_id", "at"),
    Index("sales_of_showtime", "showtime_id", "at"),
)
DAILY_SALES = Table(
    "daily_sales",
    TABLES,
    Column("local_date", Date, primary_key=True),
    Column("showtime_id", String(64), primary_key=True),
    Column("currency", String(3), primary_key=True),
    Column("movie_id", String(64), nullable=False),
    Column("cinema_id", String(64), nullable=False),
    Column("orders", Integer, nullable=False),
    Column("tickets", Integer, nullable=False),
    Column("captured", MinorUnits, nullable=False),
    Column("refunded", MinorUnits, nullable=False),
    Index("daily_sales_of_showtime", "showtime_id"),
    Index("daily_sales_of_movie", "movie_id", "local_date"),
    Index("daily_sales_of_cinema", "cinema_id"),
)
VISITS = Table(
    "visits",
    TABLES,
    Column("ticket_id", String(64), primary_key=True),
    Column("user_id", String(64), index=True),
    Column("movie_id", String(64), nullable=False),
    Column("showtime_id", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("entered", Boolean, nullable=False),
)
PEOPLE = Table(
    "people",
    TABLES,
    Column("user_id", String(64), primary_key=True),
    Column("registered_at", UtcDateTime, nullable=False, index=True),
    Column("last_seen_at", UtcDateTime),
)
# People who were erased: facts about them that come later are stored without a person.
FORGOTTEN = Table("forgotten", TABLES, Column("user_id", String(64), primary_key=True))
DAILY_TRACKED = Table(
    "daily_tracked",
    TABLES,
    Column("type", String(40), primary_key=True),
    # The film or showtime it was about, or the words searched for.
    Column("subject", String(200), primary_key=True),
    Column("date", Date, primary_key=True),
    Column("times", Integer, nullable=False),
)
