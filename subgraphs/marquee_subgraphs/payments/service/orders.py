"""What payments keeps of the orders that tickets owns. Must never decide that an order is sold."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.events import Envelope
from marquee_subgraphs.payments.domain.order import Order, OrderPhase
from marquee_subgraphs.payments.events.consumed import OrderConfirmed, OrderPlaced
from marquee_subgraphs.payments.events.published import UserErased
from marquee_subgraphs.payments.service.resources import Resources


class Orders:
    """Follows the life of orders; each method is part of the transaction that handles the event."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._store = resources.store

    async def place(self, tx: Transaction, event: OrderPlaced, at: datetime) -> None:
        """Keep an order that may be paid. `payOrder` may be waiting for it already."""
        await self._store.orders.insert(tx, _order(event, at))
        self._resources.notify(tx, event.order_id)

    async def confirm(self, tx: Transaction, event: OrderConfirmed, at: datetime) -> None:
        """Keep that the seats are sold by a payment, and schedule its capture."""
        # `order.placed` comes first, unless the broker lost it; then this event brings the same facts.
        await self._store.orders.insert(tx, _order(event, at))
        await self._store.orders.confirm(tx, event.order_id, event.payment_id)
        await self._schedule(tx, event.payment_id)

    async def close(self, tx: Transaction, order_id: str) -> None:
        """Keep that nothing will be sold, and schedule the void of a payment under way."""
        payment_id = await self._store.orders.close(tx, order_id)
        if payment_id is not None:
            await self._schedule(tx, payment_id)

    async def forget_user(self, tx: Transaction, user_id: str, *, cause: Envelope) -> None:
        """Take a person out of their orders and payments and publish the receipt; the amounts stay."""
        await self._store.orders.forget_user(tx, user_id)
        await self._store.payments.forget_user(tx, user_id)
        outbox = self._resources.backend.outbox
        receipt = UserErased(user_id=user_id, subgraph=outbox.producer)
        await outbox.add(tx, receipt, aggregate_id=user_id, cause=cause)

    async def _schedule(self, tx: Transaction, payment_id: str) -> None:
        await self._store.payments.schedule(tx, payment_id, self._resources.now())
        tx.after_commit(partial(self._resources.payment_work.add, payment_id))


def _order(event: OrderPlaced | OrderConfirmed, at: datetime) -> Order:
    return Order(
        order_id=event.order_id,
        number=event.number,
        user_id=event.user_id,
        showtime_id=event.showtime_id,
        movie_id=event.movie_id,
        cinema_id=event.cinema_id,
        total=event.total,
        seat_count=len(event.seat_labels),
        # A confirmed order has no end any more: it was payable until it was sold.
        payable_until=event.expires_at or at,
        phase=OrderPhase.PENDING,
        confirmed_payment_id=None,
        live_payment_id=None,
    )
