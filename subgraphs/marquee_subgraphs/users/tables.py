"""The tables of the users database: accounts, sessions, refresh tokens, known devices, erasure receipts."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, ForeignKey, Index, MetaData, String, Table, Text

from marquee_subgraphs.kit.database import Json, UtcDateTime

TABLES: Final = MetaData()

USERS: Final = Table(
    "users",
    TABLES,
    Column("id", String(40), primary_key=True),
    Column("email", String(254), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("role", String(20), nullable=False),
    Column("locale", String(8), nullable=False),
    Column("cinema_ids", Json, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("erasure_requested_at", UtcDateTime),
    Column("erased_at", UtcDateTime),
    Column("phone", String(16)),
    Index("users_by_age", "created_at", "id"),
)
SESSIONS: Final = Table(
    "sessions",
    TABLES,
    Column("id", String(40), primary_key=True),
    Column("user_id", String(40), ForeignKey("users.id"), nullable=False, index=True),
    Column("device", String(200)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
)
REFRESH_TOKENS: Final = Table(
    "refresh_tokens",
    TABLES,
    Column("hash", String(64), primary_key=True),
    Column("session_id", String(40), ForeignKey("sessions.id"), nullable=False, index=True),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("spent_at", UtcDateTime),
)
KNOWN_DEVICES: Final = Table(
    "known_devices",
    TABLES,
    Column("hash", String(64), primary_key=True),
    Column("user_id", String(40), ForeignKey("users.id"), nullable=False, index=True),
    Column("expires_at", UtcDateTime, nullable=False),
)
ERASURE_RECEIPTS: Final = Table(
    "erasure_receipts",
    TABLES,
    Column("user_id", String(40), primary_key=True),
    Column("subgraph", String(40), primary_key=True),
    Column("received_at", UtcDateTime, nullable=False),
)
