"""The rows of vouchers, which loyalty issues."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from marquee_subgraphs.kit.database import Connection, Transaction
from marquee_subgraphs.tickets.domain.vouchers import Voucher, VoucherKind
from marquee_subgraphs.tickets.store.rows import columns_of, read_money
from marquee_subgraphs.tickets.tables import VOUCHERS

_VOUCHER = [VOUCHERS.c[name] for name in (*Voucher.__dataclass_fields__, "currency")]


class VoucherStore:
    """Reads and writes of vouchers."""

    async def find(self, connection: Connection, code: str) -> Voucher | None:
        """Return one voucher."""
        row = (await connection.execute(select(*_VOUCHER).where(VOUCHERS.c.code == code))).first()
        return None if row is None else _voucher(row)

    async def save(self, tx: Transaction, voucher: Voucher) -> None:
        """Add a voucher; one that is known stays as it is."""
        await tx.execute(tx.insert(VOUCHERS).values(**columns_of(voucher)).on_conflict_do_nothing())

    async def use(self, tx: Transaction, *, code: str, user_id: str, order_id: str, now: datetime) -> bool:
        """Use a voucher for an order; False when another order has it or it expired."""
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

    async def release(self, tx: Transaction, *, code: str, order_id: str) -> str | None:
        """Free the voucher that this order used; return its owner, None when the order did not use it."""
        owner: str | None = await tx.scalar(
            update(VOUCHERS)
            .where(VOUCHERS.c.code == code, VOUCHERS.c.order_id == order_id)
            .values(order_id=None)
            .returning(VOUCHERS.c.user_id)
        )
        return owner


def _voucher(row: Any) -> Voucher:
    values = read_money(row, VOUCHERS)
    return Voucher(**values | {"kind": VoucherKind(values["kind"])})
