"""The rows of orders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update

from marquee_subgraphs.kit.database import Connection, Transaction
from marquee_subgraphs.kit.money import Money
from marquee_subgraphs.tickets.domain.layout import SeatKind
from marquee_subgraphs.tickets.domain.orders import Order, OrderStatus
from marquee_subgraphs.tickets.domain.pricing import PriceLine, PriceLineKind, SeatPrice
from marquee_subgraphs.tickets.store.rows import columns_of, minor_units_of, plain, read_money
from marquee_subgraphs.tickets.tables import ORDERS

ORDER_COLUMNS = [ORDERS.c[name] for name in (*Order.__dataclass_fields__, "currency")]
_SAVE = insert(ORDERS)
_LOCK = select(*ORDER_COLUMNS).where(ORDERS.c.id == bindparam("order_id")).with_for_update()


class OrderStore:
    """Reads and writes of orders."""

    async def save(self, tx: Transaction, order: Order) -> None:
        """Keep a new order."""
        await tx.execute(_SAVE, columns_of(order) | _parts(order))

    async def save_seats(self, tx: Transaction, order: Order) -> None:
        """Keep which seats an order has now, with their lines."""
        await self.update(tx, order.id, **_parts(order))

    async def lock(self, tx: Transaction, order_id: str) -> Order | None:
        """Return an order, kept from others until the end of the transaction."""
        row = (await tx.execute(_LOCK, {"order_id": order_id})).first()
        return None if row is None else to_order(row)

    async def update(self, tx: Transaction, order_id: str, **values: Any) -> None:
        """Change an order."""
        await tx.execute(update(ORDERS).where(ORDERS.c.id == order_id).values(**minor_units_of(values)))

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


def _parts(order: Order) -> dict[str, list[dict[str, Any]]]:
    """Return the columns of an order's seats and lines, whose amounts are in the order's currency."""
    return {"seats": [plain(seat) for seat in order.seats], "lines": [plain(line) for line in order.lines]}


def to_order(row: Any) -> Order:
    values = read_money(row, ORDERS)
    currency = values["total"].currency
    values["status"] = OrderStatus(values["status"])
    values["seats"] = tuple(
        SeatPrice(
            seat["label"],
            SeatKind(seat["kind"]),
            *(Money(seat[name], currency) for name in ("full", "net", "fee")),
        )
        for seat in values["seats"]
    )
    values["lines"] = tuple(
        PriceLine(
            PriceLineKind(line["kind"]), line["label"], Money(line["amount"], currency), line["seat_label"]
        )
        for line in values["lines"]
    )
    return Order(**values)
