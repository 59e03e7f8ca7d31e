"""The rows of orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update

from marquee_subgraphs.kit.database import Connection, Transaction
from marquee_subgraphs.tickets.domain.layout import SeatKind
from marquee_subgraphs.tickets.domain.orders import Order, OrderStatus
from marquee_subgraphs.tickets.domain.pricing import PriceLine, PriceLineKind, SeatPrice
from marquee_subgraphs.tickets.tables import ORDERS

ORDER_COLUMNS = [ORDERS.c[name] for name in Order.__dataclass_fields__]
_SAVE = insert(ORDERS)
_LOCK = select(*ORDER_COLUMNS).where(ORDERS.c.id == bindparam("order_id")).with_for_update()


class OrderStore:
    """Reads and writes of orders."""

    async def save(self, tx: Transaction, order: Order) -> None:
        """Keep a new order."""
        values = {name: getattr(order, name) for name in Order.__dataclass_fields__}
        values["seats"] = [asdict(seat) for seat in order.seats]
        values["lines"] = [asdict(line) for line in order.lines]
        await tx.execute(_SAVE, values)

    async def save_seats(self, tx: Transaction, order: Order) -> None:
        """Keep which seats an order has now, with their lines."""
        await self.update(
            tx,
            order.id,
            seats=[asdict(seat) for seat in order.seats],
            lines=[asdict(line) for line in order.lines],
        )

    async def lock(self, tx: Transaction, order_id: str) -> Order | None:
        """Return an order, kept from others until the end of the transaction."""
        row = (await tx.execute(_LOCK, {"order_id": order_id})).first()
        return None if row is None else to_order(row)

    async def update(self, tx: Transaction, order_id: str, **values: Any) -> None:
        """Change an order."""
        await tx.execute(update(ORDERS).where(ORDERS.c.id == order_id).values(**values))

    async def find_many(self, connection: Connection, order_ids: Sequence[str]) -> dict[str, Order]:
        """Return the orders there are among `order_ids`."""
        rows = await connection.execute(select(*ORDER_COLUMNS).where(ORDERS.c.id.in_(order_ids)))
        return {row.id: to_order(row) for row in rows}

    async def lock_of_showtime(
        self, tx: Transaction, *, showtime_id: str, after_order_id: str, limit: int
    ) -> list[Order]:
        """Return orders of a showtime after one of them, by id, kept from others; in every state."""
        rows = await tx.execute(
            select(*ORDER_COLUMNS)
            .where(ORDERS.c.showtime_id == showtime_id, ORDERS.c.id > after_order_id)
            .order_by(ORDERS.c.id)
            .limit(limit)
            .with_for_update()
        )
        return [to_order(row) for row in rows]

    async def count_of_showtime(self, connection: Connection, showtime_id: str) -> int:
        """Count a showtime's orders, in whatever state."""
        statement = select(func.count()).select_from(ORDERS).where(ORDERS.c.showtime_id == showtime_id)
        return int(await connection.scalar(statement))


def to_order(row: Any) -> Order:
    values = dict(row._mapping)
    values["status"] = OrderStatus(values["status"])
    values["seats"] = tuple(SeatPrice(**{**seat, "kind": SeatKind(seat["kind"])}) for seat in values["seats"])
    values["lines"] = tuple(
        PriceLine(**{**line, "kind": PriceLineKind(line["kind"])}) for line in values["lines"]
    )
    return Order(**values)
