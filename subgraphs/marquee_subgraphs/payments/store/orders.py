"""The rows of orders, as tickets' events describe them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from marquee_subgraphs.kit.database import Connection, Transaction
from marquee_subgraphs.kit.money import Currency, Money
from marquee_subgraphs.payments.domain.order import Order, OrderPhase
from marquee_subgraphs.payments.tables import ORDERS


class OrderStore:
    """Reads and writes of orders."""

    async def insert(self, tx: Transaction, order: Order) -> None:
        """Add an order; one that is known keeps its state."""
        await tx.execute(
            tx.insert(ORDERS)
            .values(
                order_id=order.order_id,
                number=order.number,
                user_id=order.user_id,
                showtime_id=order.showtime_id,
                movie_id=order.movie_id,
                cinema_id=order.cinema_id,
                currency=order.total.currency.value,
                total_minor=order.total.minor_units,
                seat_count=order.seat_count,
                payable_until=order.payable_until,
                phase=order.phase.value,
            )
            .on_conflict_do_nothing()
        )

    async def find(self, connection: Connection, order_id: str, *, lock: bool = False) -> Order | None:
        """Return an order; `lock` keeps others from changing it until the transaction ends."""
        query = select(ORDERS).where(ORDERS.c.order_id == order_id)
        row = (await connection.execute(query.with_for_update() if lock else query)).first()
        return None if row is None else _order(row)

    async def find_many(self, connection: Connection, order_ids: Sequence[str]) -> dict[str, Order]:
        """Return the orders of these ids, without those that are unknown."""
        rows = await connection.execute(select(ORDERS).where(ORDERS.c.order_id.in_(order_ids)))
        return {row.order_id: _order(row) for row in rows}

    async def claim(
        self, tx: Transaction, order_id: str, payment_id: str, *, instead_of: str | None, until: datetime
    ) -> bool:
        """Make this the order's one live payment, in place of `instead_of`, and payable `until` then.

        False when another payment is live, or the order is over.
        """
        # The guard is in the statement: of two that claim the order at the same time, the second finds
        # `live_payment_id` changed and writes no row.
        held = (
            ORDERS.c.live_payment_id.is_(None)
            if instead_of is None
            else ORDERS.c.live_payment_id == instead_of
        )
        rows = await tx.execute(
            update(ORDERS)
            .where(ORDERS.c.order_id == order_id, held, ORDERS.c.phase == OrderPhase.PENDING.value)
            .values(live_payment_id=payment_id, payable_until=until)
        )
        return rows.rowcount == 1

    async def release(self, tx: Transaction, order_id: str, payment_id: str) -> None:
        """End a payment that came to nothing: the order may be paid by another."""
        await tx.execute(
            update(ORDERS)
            .where(ORDERS.c.order_id == order_id, ORDERS.c.live_payment_id == payment_id)
            .values(live_payment_id=None)
        )

    async def confirm(self, tx: Transaction, order_id: str, payment_id: str) -> None:
        """Mark an order as sold by this payment."""
        await tx.execute(
            update(ORDERS)
            .where(ORDERS.c.order_id == order_id, ORDERS.c.confirmed_payment_id.is_(None))
            .values(phase=OrderPhase.CONFIRMED.value, confirmed_payment_id=payment_id)
        )

    async def close(self, tx: Transaction, order_id: str) -> str | None:
        """Close an order that was not sold and return its live payment's id; one that is sold stays sold."""
        live: str | None = await tx.scalar(
            update(ORDERS)
            .where(ORDERS.c.order_id == order_id, ORDERS.c.phase == OrderPhase.PENDING.value)
            .values(phase=OrderPhase.CLOSED.value)
            .returning(ORDERS.c.live_payment_id)
        )
        return live

    async def forget_user(self, tx: Transaction, user_id: str) -> None:
        """Take the person out of their orders."""
        await tx.execute(update(ORDERS).where(ORDERS.c.user_id == user_id).values(user_id=None))


def _order(row: Any) -> Order:
    return Order(
        order_id=row.order_id,
        number=row.number,
        user_id=row.user_id,
        showtime_id=row.showtime_id,
        movie_id=row.movie_id,
        cinema_id=row.cinema_id,
        total=Money(row.total_minor, Currency(row.currency)),
        seat_count=row.seat_count,
        payable_until=row.payable_until,
        phase=OrderPhase(row.phase),
        confirmed_payment_id=row.confirmed_payment_id,
        live_payment_id=row.live_payment_id,
    )
