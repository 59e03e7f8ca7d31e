"""Statements on holds, and on what a customer brings along: vouchers and the tier of a membership."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from marquee_subgraphs.kit.database import Connection, Transaction
from marquee_subgraphs.tickets.domain.holds import Hold
from marquee_subgraphs.tickets.domain.vouchers import Voucher, VoucherKind
from marquee_subgraphs.tickets.store.rows import values_of
from marquee_subgraphs.tickets.tables import HOLDS, MEMBERSHIPS, SEATS, VOUCHERS

_HOLD = [HOLDS.c[name] for name in Hold.__dataclass_fields__]
_VOUCHER = [VOUCHERS.c[name] for name in Voucher.__dataclass_fields__]


_SAVE_HOLD = insert(HOLDS)
_LOCK_HOLD = select(*_HOLD).where(HOLDS.c.id == bindparam("hold_id")).with_for_update()


async def save_hold(tx: Transaction, hold: Hold) -> None:
    """Keep a new hold."""
    await tx.execute(_SAVE_HOLD, {name: getattr(hold, name) for name in Hold.__dataclass_fields__})


async def lock_hold(tx: Transaction, hold_id: str) -> Hold | None:
    """Return a hold, kept from others until the end of the transaction."""
    row = (await tx.execute(_LOCK_HOLD, {"hold_id": hold_id})).first()
    return None if row is None else Hold(*values_of(row))


async def update_hold(tx: Transaction, hold_id: str, **values: Any) -> None:
    """Change a hold."""
    await tx.execute(update(HOLDS).where(HOLDS.c.id == hold_id).values(**values))


async def adopt_hold(tx: Transaction, *, showtime_id: str, hold_id: str, user_id: str) -> None:
    """Make a hold and its seats a customer's."""
    await tx.execute(update(HOLDS).where(HOLDS.c.id == hold_id).values(user_id=user_id))
    await tx.execute(
        update(SEATS)
        .where(SEATS.c.showtime_id == showtime_id, SEATS.c.hold_id == hold_id, SEATS.c.status == "HELD")
        .values(user_id=user_id)
    )


async def find_hold(connection: Connection, hold_id: str) -> Hold | None:
    """Return a hold as it is at this moment."""
    row = (await connection.execute(select(*_HOLD).where(HOLDS.c.id == hold_id))).first()
    return None if row is None else Hold(*values_of(row))


async def find_live_holds(connection: Connection, hold_ids: Sequence[str], now: datetime) -> dict[str, Hold]:
    """Return those of `hold_ids` that hold seats."""
    rows = await connection.execute(
        select(*_HOLD).where(HOLDS.c.id.in_(hold_ids), HOLDS.c.is_open.is_(True), HOLDS.c.expires_at > now)
    )
    return {row.id: Hold(*values_of(row)) for row in rows}


async def find_expired_holds(connection: Connection, *, now: datetime, limit: int) -> list[Hold]:
    """Return open holds whose time is up, the oldest first."""
    rows = await connection.execute(
        select(*_HOLD)
        .where(HOLDS.c.is_open.is_(True), HOLDS.c.expires_at <= now)
        .order_by(HOLDS.c.expires_at)
        .limit(limit)
    )
    return [Hold(*values_of(row)) for row in rows]


async def find_open_holds(connection: Connection, showtime_id: str, limit: int) -> list[Hold]:
    """Return holds of a showtime that hold seats and have no order."""
    rows = await connection.execute(
        select(*_HOLD)
        .where(HOLDS.c.is_open.is_(True), HOLDS.c.showtime_id == showtime_id, HOLDS.c.order_id.is_(None))
        .order_by(HOLDS.c.id)
        .limit(limit)
    )
    return [Hold(*values_of(row)) for row in rows]


async def close_holds(tx: Transaction, hold_ids: Sequence[str]) -> None:
    """Close holds that ended."""
    await tx.execute(update(HOLDS).where(HOLDS.c.id.in_(hold_ids)).values(is_open=False))


async def find_voucher(connection: Connection, code: str) -> Voucher | None:
    """Return one voucher."""
    row = (await connection.execute(select(*_VOUCHER).where(VOUCHERS.c.code == code))).first()
    return None if row is None else _voucher(row)


async def save_voucher(tx: Transaction, voucher: Voucher) -> None:
    """Keep a voucher that was issued; one known already stays as it is."""
    values = {name: getattr(voucher, name) for name in Voucher.__dataclass_fields__}
    await tx.execute(tx.insert(VOUCHERS).values(**values).on_conflict_do_nothing())


async def use_voucher(tx: Transaction, *, code: str, user_id: str, order_id: str, now: datetime) -> bool:
    """Use a voucher for an order; False when somebody was faster. At most one order ever gets it."""
    rows = await tx.execute(
        update(VOUCHERS)
        .where(
            VOUCHERS.c.code == code,
            VOUCHERS.c.user_id == user_id,
            VOUCHERS.c.order_id.is_(None),
            VOUCHERS.c.expires_at > now,
        )
        .values(order_id=order_id)
    )
    return rows.rowcount == 1


async def release_voucher(tx: Transaction, *, code: str, order_id: str) -> str | None:
    """Give back a voucher that this order used; answers whose it is, None when it did not use it."""
    owner: str | None = await tx.scalar(
        update(VOUCHERS)
        .where(VOUCHERS.c.code == code, VOUCHERS.c.order_id == order_id)
        .values(order_id=None)
        .returning(VOUCHERS.c.user_id)
    )
    return owner


def _voucher(row: Any) -> Voucher:
    code, user_id, kind, *rest = row
    return Voucher(code, user_id, VoucherKind(kind), *rest)


async def save_tier(tx: Transaction, *, user_id: str, tier: str) -> None:
    """Keep a member's tier."""
    statement = tx.insert(MEMBERSHIPS).values(user_id=user_id, tier=tier)
    await tx.execute(
        statement.on_conflict_do_update(index_elements=[MEMBERSHIPS.c.user_id], set_={"tier": tier})
    )


async def find_tier(connection: Connection, user_id: str) -> str | None:
    """Return a member's tier; None for who is no member."""
    tier: str | None = await connection.scalar(
        select(MEMBERSHIPS.c.tier).where(MEMBERSHIPS.c.user_id == user_id)
    )
    return tier
