"""Cancelled showtimes: gives every order back, batch by batch, and remembers how far it is.

A process that dies between two batches loses nothing: the next round goes on after `after_order_id`.
"""

from __future__ import annotations

import asyncio
from typing import Final

from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.tickets.domain.orders import SOLD, Order, OrderStatus, TicketStatus
from marquee_subgraphs.tickets.domain.refunds import RefundableTicket, refund_amount
from marquee_subgraphs.tickets.service.expiry import release_hold
from marquee_subgraphs.tickets.service.resources import Resources
from marquee_subgraphs.tickets.service.returns import RefundDecision, Returns
from marquee_subgraphs.tickets.service.sale import Sale
from marquee_subgraphs.tickets.service.seat_changes import SeatChanges

_HOLDS_AT_ONCE: Final = 200
_PAUSE_SECONDS: Final = 0.02
"""Between two batches, so that sales of other showtimes go on."""
_ORDERS_AT_ONCE: Final = 25
"""Orders per transaction: few, because their showtime is locked as long."""


class Cancellations:
    """Refunds cancelled showtimes; a round is safe to repeat and to run in several processes at once."""

    def __init__(
        self,
        resources: Resources,
        seats: SeatChanges,
        sale: Sale,
        returns: Returns,
        *,
        orders_at_once: int = _ORDERS_AT_ONCE,
    ) -> None:
        self._resources = resources
        self._store = resources.store
        self._seats = seats
        self._sale = sale
        self._returns = returns
        self._orders_at_once = orders_at_once

    async def refund_all(self) -> None:
        """Give back what cancelled showtimes owe, until nothing is left."""
        more = True
        while more:
            more = await self.refund_batch()
            await asyncio.sleep(_PAUSE_SECONDS)

    async def refund_batch(self) -> bool:
        """Give back one batch of orders of a cancelled showtime; False when there is nothing left to do."""
        return await self._resources.backend.database.run(self._refund_batch)

    async def _refund_batch(self, tx: Transaction) -> bool:
        cancellation = await self._store.cancellations.find_unfinished(tx)
        if cancellation is None:
            return False
        showtime_id = cancellation.showtime_id
        orders = await self._store.orders.lock_of_showtime(
            tx,
            showtime_id=showtime_id,
            after_order_id=cancellation.after_order_id,
            limit=self._orders_at_once,
        )
        await self._resources.lock_showtime(tx, showtime_id)
        for order in orders:
            await self._give_back(tx, order, cancellation.reason)
        if orders:
            done = cancellation.orders_done + len(orders)
            await self._store.cancellations.update(
                tx, showtime_id, after_order_id=orders[-1].id, orders_done=done
            )
            return True
        holds = await self._store.holds.find_open(tx, showtime_id, _HOLDS_AT_ONCE)
        for hold in holds:
            await release_hold(self._resources, self._seats, tx, hold)
        if not holds:
            await self._store.cancellations.update(tx, showtime_id, finished_at=self._resources.now())
        return True

    async def _give_back(self, tx: Transaction, order: Order, reason: str) -> None:
        if order.status is OrderStatus.PENDING_PAYMENT:
            await self._sale.end_unpaid(tx, order, OrderStatus.CANCELLED, reason=reason)
            return
        if order.status not in SOLD:
            return
        tickets = (await self._store.tickets.of_orders(tx, [order.id]))[order.id]
        # People who are inside are refunded too.
        back = [each for each in tickets if each.status in (TicketStatus.VALID, TicketStatus.CHECKED_IN)]
        if not back:
            return
        amount = refund_amount(
            [RefundableTicket(ticket.id, ticket.net, ticket.fee) for ticket in back],
            with_fee=True,
            still_paid=order.still_paid - await self._store.refunds.sum_pending(tx, order),
        )
        # One refund per order: a repeated round makes the same id, `rfd_01J…` for `ord_01J…`.
        refund_id = f"rfd_{order.id.removeprefix('ord_')}"
        decision = RefundDecision(refund_id=refund_id, amount=amount, reason=reason)
        await self._returns.approve(tx, order, back, decision)
