"""The tables that the kit keeps in every subgraph's database, beside the subgraph's own.

Owns their shape only; `events.outbox`, `events.inbox`, `idempotency` and `audit` own the rows.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, MetaData, String, Table, Text

from marquee_subgraphs.kit.database.types import AutoIncrement, Json, UtcDateTime

KIT_TABLES = MetaData()

OUTBOX = Table(
    "outbox",
    KIT_TABLES,
    Column("sequence", AutoIncrement, primary_key=True, autoincrement=True),
    Column("event_id", String(64), nullable=False, unique=True),
    Column("aggregate_id", String(200), nullable=False),
    Column("event", Text, nullable=False),
    Column("published_at", UtcDateTime),
    sqlite_autoincrement=True,
)
Index(
    "outbox_unpublished",
    OUTBOX.c.sequence,
    sqlite_where=OUTBOX.c.published_at.is_(None),
    postgresql_where=OUTBOX.c.published_at.is_(None),
)

OUTBOX_AGGREGATES = Table(
    "outbox_aggregates",
    KIT_TABLES,
    Column("aggregate_id", String(200), primary_key=True),
    Column("version", BigInteger, nullable=False),
)

INBOX = Table(
    "inbox",
    KIT_TABLES,
    Column("consumer", String(64), primary_key=True),
    Column("event_id", String(64), primary_key=True),
    Column("received_at", UtcDateTime, nullable=False, index=True),
)

INBOX_AGGREGATES = Table(
    "inbox_aggregates",
    KIT_TABLES,
    Column("consumer", String(64), primary_key=True),
    Column("producer", String(64), primary_key=True),
    Column("aggregate_id", String(200), primary_key=True),
    Column("version", BigInteger, nullable=False),
)

IDEMPOTENCY_KEYS = Table(
    "idempotency_keys",
    KIT_TABLES,
    Column("scope", String(200), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("answer", Json),
    Column("answered_at", UtcDateTime),
    Column("claimed_at", UtcDateTime, nullable=False, index=True),
)

AUDIT_LOG = Table(
    "audit_log",
    KIT_TABLES,
    Column("sequence", AutoIncrement, primary_key=True, autoincrement=True),
    Column("at", UtcDateTime, nullable=False),
    Column("actor_id", String(64)),
    Column("actor_role", String(32), nullable=False),
    Column("action", String(64), nullable=False),
    Column("target", String(200), nullable=False, index=True),
    Column("reason", Text, nullable=False),
    Column("before", Json),
    Column("after", Json),
    sqlite_autoincrement=True,
)
