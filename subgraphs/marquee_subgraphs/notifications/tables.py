"""The tables of notifications: people, contacts of orders, films, notifications and queued messages."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, MetaData, String, Table, Text

from marquee_subgraphs.kit.database import Json, UtcDateTime

TABLES = MetaData()

PEOPLE = Table(
    "people",
    TABLES,
    Column("user_id", String(40), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("email", String(254), nullable=False),
    Column("locale", String(8), nullable=False),
    Column("is_forgotten", Boolean, nullable=False),
    Column("phone", String(16)),
)
CONTACTS = Table(
    "contacts",
    TABLES,
    Column("order_id", String(40), primary_key=True),
    Column("number", String(40), nullable=False),
    Column("showtime_id", String(40), nullable=False, index=True),
    Column("movie_title", String(300), nullable=False),
    Column("user_id", String(40), index=True),
    Column("email", String(254)),
    Column("locale", String(8), nullable=False),
    Column("starts_at", UtcDateTime),
    Column("time_zone", String(64)),
    Column("is_confirmed", Boolean, nullable=False),
    Column("movie_id", String(40)),
)
FILMS = Table(
    "films",
    TABLES,
    Column("movie_id", String(40), primary_key=True),
    Column("titles", Json, nullable=False),
)
NOTIFICATIONS = Table(
    "notifications",
    TABLES,
    Column("id", String(40), primary_key=True),
    Column("user_id", String(40), nullable=False),
    Column("kind", String(30), nullable=False),
    Column("title", String(400), nullable=False),
    Column("body", Text, nullable=False),
    Column("link", String(300)),
    Column("read_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Index("notifications_by_user", "user_id", "created_at", "id"),
)
MESSAGES = Table(
    "messages",
    TABLES,
    Column("id", String(40), primary_key=True),
    Column("channel", String(8), nullable=False),
    Column("user_id", String(40)),
    Column("recipient", String(254), nullable=False),
    Column("subject", String(400), nullable=False),
    Column("html", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("codes", Json, nullable=False),
    Column("status", String(8), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime),
    Column("trace", String(55)),
    Column("recipient_name", String(200)),
    Column("failure", String(300)),
    Index("messages_due", "status", "next_attempt_at"),
    Index("messages_by_user", "user_id", "created_at", "id"),
    Index("messages_by_recipient", "recipient", "created_at", "id"),
)
