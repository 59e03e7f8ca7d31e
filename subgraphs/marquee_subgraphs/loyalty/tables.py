"""The tables of loyalty. Owns their shape only; `store.py` owns the rows."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    false,
)

from marquee_subgraphs.kit.database import AutoIncrement, MinorUnits, UtcDateTime

TABLES = MetaData()

PEOPLE = Table(
    "people",
    TABLES,
    Column("user_id", String(40), primary_key=True),
    # A person who asked to be erased stays erased, whatever arrives or is asked later.
    Column("is_forgotten", Boolean, nullable=False, server_default=false()),
)

MEMBERSHIPS = Table(
    "memberships",
    TABLES,
    Column("id", String(40), primary_key=True),
    Column("user_id", String(40), unique=True),
    Column("plan", String(20), nullable=False),
    Column("tier", String(20), nullable=False),
    Column("points", Integer, nullable=False),
    Column("pending", Integer, nullable=False),
    Column("tier_points", Integer, nullable=False),
    Column("tier_until", UtcDateTime, index=True),
    Column("joined_at", UtcDateTime, nullable=False),
)

LEDGER = Table(
    "ledger",
    TABLES,
    Column("sequence", AutoIncrement, primary_key=True, autoincrement=True),
    Column("id", String(40), nullable=False, unique=True),
    Column("membership_id", String(40), ForeignKey("memberships.id"), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("points", Integer, nullable=False),
    Column("pending", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("order_id", String(64)),
    Column("created_at", UtcDateTime, nullable=False),
    # The cause of the entry, `earned:pay_1`: no cause can be entered twice.
    Column("key", String(200), nullable=False, unique=True),
    Column("counts_from", UtcDateTime),
    Index("ledger_of_member", "membership_id", "sequence"),
    Index("ledger_for_tier", "membership_id", "counts_from"),
    sqlite_autoincrement=True,
)

ACCRUALS = Table(
    "accruals",
    TABLES,
    Column("payment_id", String(64), primary_key=True),
    Column("order_id", String(64), nullable=False),
    Column("membership_id", String(40), ForeignKey("memberships.id")),
    Column("showtime_id", String(64), nullable=False),
    Column("captured", MinorUnits),
    Column("refunded", MinorUnits, nullable=False),
    Column("earned", Integer, nullable=False),
    Column("reversed", Integer, nullable=False),
    Column("released_at", UtcDateTime),
    CheckConstraint("reversed <= earned", name="never_more_than_earned"),
)
Index(
    "accruals_unreleased",
    ACCRUALS.c.showtime_id,
    ACCRUALS.c.membership_id,
    sqlite_where=ACCRUALS.c.released_at.is_(None),
    postgresql_where=ACCRUALS.c.released_at.is_(None),
)

SHOWTIMES = Table(
    "showtimes",
    TABLES,
    Column("id", String(64), primary_key=True),
    Column("movie_title", String(400)),
    Column("starts_at", UtcDateTime, index=True),
    Column("cancelled", Boolean, nullable=False),
)

REWARDS = Table(
    "rewards",
    TABLES,
    Column("id", String(40), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("description", Text, nullable=False),
    Column("cost", Integer, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("value", MinorUnits),
    Column("currency", String(3)),
    Column("percent", Integer),
    Column("stock", Integer),
    Column("active", Boolean, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    CheckConstraint("stock >= 0", name="stock_never_negative"),
    Index("rewards_by_cost", "cost", "id"),
)

VOUCHERS = Table(
    "vouchers",
    TABLES,
    Column("code", String(64), primary_key=True),
    Column("membership_id", String(40), ForeignKey("memberships.id"), nullable=False, index=True),
    Column("reward_id", String(40), ForeignKey("rewards.id"), nullable=False),
    Column("cost", Integer, nullable=False),
    Column("issued_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
)
