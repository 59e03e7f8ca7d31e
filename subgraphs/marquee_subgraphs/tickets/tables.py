"""The tables of tickets. `seats` is the authority on seats: one row per showtime and seat, ever.

Shapes only; `store` owns the statements. A seat without a row is available.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from marquee_subgraphs.kit.database import Json, MinorUnits, UtcDateTime

TABLES = MetaData()

SHOWTIMES = Table(
    "showtimes",
    TABLES,
    Column("id", String(64), primary_key=True),
    Column("movie_id", String(64), nullable=False),
    Column("movie_title", Text, nullable=False),
    Column("cinema_id", String(64), nullable=False),
    Column("cinema_name", Text, nullable=False),
    Column("time_zone", String(64), nullable=False),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
    Column("sales_close_at", UtcDateTime, nullable=False),
    Column("base_price", MinorUnits, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("is_cancelled", Boolean, nullable=False, default=False),
    Column("seat_version", Integer, nullable=False, default=0),
)

LAYOUTS = Table(
    "layouts",
    TABLES,
    Column("showtime_id", String(64), primary_key=True),
    Column("places", Json, nullable=False),
)

SEATS = Table(
    "seats",
    TABLES,
    Column("showtime_id", String(64), primary_key=True),
    Column("label", String(16), primary_key=True),
    Column("status", String(12), nullable=False),
    Column("hold_id", String(64)),
    Column("held_until", UtcDateTime),
    Column("user_id", String(64)),
    Column("order_id", String(64)),
    Column("changed_at", UtcDateTime, nullable=False),
)

SEAT_CHANGES = Table(
    "seat_changes",
    TABLES,
    Column("showtime_id", String(64), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("labels", Json, nullable=False),
)

HOLDS = Table(
    "holds",
    TABLES,
    Column("id", String(64), primary_key=True),
    Column("showtime_id", String(64), nullable=False),
    Column("user_id", String(64)),
    Column("first_held_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("is_open", Boolean, nullable=False),
    Column("order_id", String(64)),
)
Index(
    "holds_open_by_expiry",
    HOLDS.c.expires_at,
    sqlite_where=HOLDS.c.is_open.is_(True),
    postgresql_where=HOLDS.c.is_open.is_(True),
)
Index(
    "holds_open_by_showtime",
    HOLDS.c.showtime_id,
    sqlite_where=HOLDS.c.is_open.is_(True),
    postgresql_where=HOLDS.c.is_open.is_(True),
)

ORDERS = Table(
    "orders",
    TABLES,
    Column("id", String(64), primary_key=True),
    Column("number", String(16), nullable=False, unique=True),
    Column("hold_id", String(64), nullable=False, unique=True),
    Column("showtime_id", String(64), nullable=False),
    Column("cinema_id", String(64), nullable=False),
    Column("movie_id", String(64), nullable=False),
    Column("user_id", String(64)),
    Column("email", Text),
    Column("locale", String(2), nullable=False),
    Column("status", String(20), nullable=False),
    Column("currency", String(3), nullable=False),
    Column("subtotal", MinorUnits, nullable=False),
    Column("discount", MinorUnits, nullable=False),
    Column("booking_fee", MinorUnits, nullable=False),
    Column("tax", MinorUnits, nullable=False),
    Column("total", MinorUnits, nullable=False),
    Column("refunded", MinorUnits, nullable=False, default=0),
    Column("seats", Json, nullable=False),
    Column("lines", Json, nullable=False),
    Column("voucher_code", String(64)),
    Column("placed_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("payment_id", String(64)),
    Column("is_captured", Boolean, nullable=False, default=False),
    Column("failure_reason", Text),
    Index("orders_by_user", "user_id", "id"),
    Index("orders_by_showtime", "showtime_id", "id"),
)

TICKETS = Table(
    "tickets",
    TABLES,
    Column("id", String(64), primary_key=True),
    Column("order_id", String(64), ForeignKey("orders.id"), nullable=False, index=True),
    Column("showtime_id", String(64), nullable=False),
    Column("cinema_id", String(64), nullable=False),
    Column("movie_id", String(64), nullable=False),
    Column("user_id", String(64)),
    Column("seat_label", String(16), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("net", MinorUnits, nullable=False),
    Column("fee", MinorUnits, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("status", String(16), nullable=False),
    Column("code_version", Integer, nullable=False, default=1),
    Column("refund_id", String(64)),
    Column("checked_in_at", UtcDateTime),
    Index("tickets_by_user", "user_id", "id"),
    Index("tickets_by_showtime", "showtime_id", "id"),
)
_ALIVE = text("status IN ('VALID', 'CHECKED_IN', 'REFUND_PENDING')")
# A second fence behind the seats: no two live tickets for one seat, whatever the code above does.
Index(
    "tickets_one_per_seat",
    TICKETS.c.showtime_id,
    TICKETS.c.seat_label,
    unique=True,
    sqlite_where=_ALIVE,
    postgresql_where=_ALIVE,
)

REFUNDS = Table(
    "refunds",
    TABLES,
    Column("id", String(64), primary_key=True),
    Column("order_id", String(64), nullable=False, index=True),
    Column("payment_id", String(64), nullable=False),
    Column("amount", MinorUnits, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("ticket_ids", Json, nullable=False),
    Column("status", String(12), nullable=False),
    Column("reason", Text, nullable=False),
    Column("decided_at", UtcDateTime, nullable=False),
)

VOUCHERS = Table(
    "vouchers",
    TABLES,
    Column("code", String(64), primary_key=True),
    Column("user_id", String(64), nullable=False),
    Column("kind", String(12), nullable=False),
    Column("value", MinorUnits),
    Column("currency", String(3)),
    Column("percent", Integer),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("order_id", String(64)),
)

MEMBERSHIPS = Table(
    "memberships",
    TABLES,
    Column("user_id", String(64), primary_key=True),
    Column("tier", String(12), nullable=False),
)

CANCELLATIONS = Table(
    "cancellations",
    TABLES,
    Column("showtime_id", String(64), primary_key=True),
    Column("reason", Text, nullable=False),
    Column("orders_total", Integer, nullable=False),
    Column("orders_done", Integer, nullable=False, default=0),
    Column("after_order_id", String(64), nullable=False, default=""),
    Column("finished_at", UtcDateTime),
)

WAITLIST = Table(
    "waitlist",
    TABLES,
    Column("id", String(64), primary_key=True),
    Column("showtime_id", String(64), nullable=False),
    Column("person", String(254), nullable=False),
    Column("user_id", String(64), index=True),
    Column("email", Text),
    Column("locale", String(2), nullable=False),
    Column("seats", Integer, nullable=False),
    Column("place", Integer, nullable=False),
    Column("joined_at", UtcDateTime, nullable=False),
    Column("hold_id", String(64)),
    UniqueConstraint("showtime_id", "person"),
    UniqueConstraint("showtime_id", "place"),
)

SCANS = Table(
    "scans",
    TABLES,
    Column("id", String(64), primary_key=True),
    Column("ticket_id", String(64), nullable=False),
    Column("nonce", String(128), nullable=False),
    Column("gate", Text, nullable=False),
    Column("staff_id", String(64), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("refusal", String(32)),
    UniqueConstraint("ticket_id", "nonce"),
)

SECRETS = Table(
    "secrets",
    TABLES,
    Column("name", String(32), primary_key=True),
    Column("value", LargeBinary, nullable=False),
)
