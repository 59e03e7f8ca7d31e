"""The rows of refunds that tickets decided on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select, update

from marquee_subgraphs.kit.database import Connection, Transaction
from marquee_subgraphs.kit.money import Currency, Money
from marquee_subgraphs.tickets.domain.orders import Order
from marquee_subgraphs.tickets.domain.refunds import Refund
from marquee_subgraphs.tickets.store.rows import columns_of, read_money, values_of
from marquee_subgraphs.tickets.tables import REFUNDS

_REFUND = [REFUNDS.c[name] for name in (*Refund.__dataclass_fields__, "currency")]


class RefundStore:
    """Reads and writes of refunds."""

    async def save(self, tx: Transaction, refund: Refund) -> bool:
        """Keep a decision; False when this refund was decided before."""
        rows = await tx.execute(tx.insert(REFUNDS).values(**columns_of(refund)).on_conflict_do_nothing())
        return rows.rowcount == 1

    async def find(self, connection: Connection, refund_id: str) -> Refund | None:
        """Return one refund."""
        row = (await connection.execute(select(*_REFUND).where(REFUNDS.c.id == refund_id))).first()
        return None if row is None else Refund(**read_money(row, REFUNDS))

    async def update(self, tx: Transaction, refund_id: str, **values: Any) -> None:
        """Change a refund."""
        await tx.execute(update(REFUNDS).where(REFUNDS.c.id == refund_id).values(**values))

    async def sum_pending(self, connection: Connection, order: Order) -> Money:
        """Return the money of an order that is decided to go back and has not gone yet."""
        statement = select(func.coalesce(func.sum(REFUNDS.c.amount), 0)).where(
            REFUNDS.c.order_id == order.id, REFUNDS.c.status == "APPROVED"
        )
        return Money(int(await connection.scalar(statement)), order.total.currency)

    async def sum_pending_of_orders(
        self, connection: Connection, order_ids: Sequence[str]
    ) -> dict[str, Money]:
        """Return the same for several orders; those without one are left out."""
        rows = await connection.execute(
            select(REFUNDS.c.order_id, func.sum(REFUNDS.c.amount), REFUNDS.c.currency)
            .where(REFUNDS.c.order_id.in_(order_ids), REFUNDS.c.status == "APPROVED")
            .group_by(REFUNDS.c.order_id, REFUNDS.c.currency)
        )
        return {
            order_id: Money(int(amount), Currency(currency))
            for order_id, amount, currency in map(values_of, rows)
        }
