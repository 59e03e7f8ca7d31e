"""What time does to holds and orders, written down: expired ones are ended, cancelled showtimes given back.

Nothing depends on it: what has expired reads as expired before, and is taken over by the next claim.
"""

from __future__ import annotations

import asyncio
from typing import Final

from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.events import Envelope
from marquee_subgraphs.tickets import store
from marquee_subgraphs.tickets.domain.holds import Hold
from marquee_subgraphs.tickets.domain.orders import SOLD, Order, OrderStatus, TicketStatus
from marquee_subgraphs.tickets.domain.refunds import RefundableTicket, refund_amount
from marquee_subgraphs.tickets.service.box_office import BoxOffice
from marquee_subgraphs.tickets.service.refunds import give_back
from marquee_subgraphs.tickets.service.sale import advance, end_unpaid

_HOLDS_AT_ONCE: Final = 200
_PAUSE_SECONDS: Final = 0.02
_ORDERS_AT_ONCE: Final = 25
"""Orders given back per transaction: short ones, so that sales of other showtimes go on."""


class Expiry:
    """The background work of tickets; each round is safe to repeat and to run in several processes."""

    def __init__(self, office: BoxOffice, *, orders_at_once: int = _ORDERS_AT_ONCE) -> None:
        self._office = office
        self._orders_at_once = orders_at_once

    async def sweep(self) -> None:
        """One round: end what has expired, until nothing is left."""
        while await self.end_expired() == _HOLDS_AT_ONCE:
            pass

    async def refund(self) -> None:
        """One round: give back what cancelled showtimes owe, batch by batch, letting sales in between."""
        more = True
        while more:
            more = await self.give_back_cancelled()
            await asyncio.sleep(_PAUSE_SECONDS)

    async def end_expired(self) -> int:
        """End every hold and order whose time is up; answer how many."""
        async with self._office.database.read() as connection:
            holds = await store.find_expired_holds(
                connection, now=self._office.clock.now(), limit=_HOLDS_AT_ONCE
            )
        for hold in holds:
            await self._office.database.run(lambda tx, hold=hold: self._end(tx, hold))  # type: ignore[misc]  # mypy cannot infer a lambda with a default
        return len(holds)

    async def _end(self, tx: Transaction, found: Hold) -> None:
        office = self._office
        now = office.clock.now()
        order = None if found.order_id is None else await store.lock_order(tx, found.order_id)
        hold = await store.lock_hold(tx, found.id)
        if hold is None or not hold.is_open or hold.expires_at > now or hold.order_id != found.order_id:
            return
        if order is not None and order.status is OrderStatus.PENDING_PAYMENT:
            await end_unpaid(office, tx, order, OrderStatus.EXPIRED)
            return
        await release_hold(office, tx, hold, cause=None)

    async def give_back_cancelled(self) -> bool:
        """Give back one batch of orders of a cancelled showtime; False when there is nothing left to do."""
        return await self._office.database.run(self._give_back_batch)

    async def _give_back_batch(self, tx: Transaction) -> bool:
        office = self._office
        cancellation = await store.find_unfinished_cancellation(tx)
        if cancellation is None:
            return False
        showtime_id = cancellation.showtime_id
        orders = await store.lock_orders_to_give_back(
            tx,
            showtime_id=showtime_id,
            after_order_id=cancellation.after_order_id,
            limit=self._orders_at_once,
        )
        await advance(tx, showtime_id)
        for order in orders:
            await self._give_back_order(tx, order, cancellation.reason)
        if orders:
            await store.update_cancellation(
                tx,
                showtime_id,
                after_order_id=orders[-1].id,
                orders_done=cancellation.orders_done + len(orders),
            )
            return True
        holds = await store.find_open_holds(tx, showtime_id, _HOLDS_AT_ONCE)
        for hold in holds:
            await release_hold(office, tx, hold, cause=None)
        if not holds:
            await store.update_cancellation(tx, showtime_id, finished_at=office.clock.now())
        return True

    async def _give_back_order(self, tx: Transaction, order: Order, reason: str) -> None:
        office = self._office
        if order.status is OrderStatus.PENDING_PAYMENT:
            await end_unpaid(office, tx, order, OrderStatus.CANCELLED, reason=reason)
            return
        if order.status not in SOLD:
            return
        tickets = (await store.find_tickets_of_orders(tx, [order.id]))[order.id]
        back = [
            ticket for ticket in tickets if ticket.status in (TicketStatus.VALID, TicketStatus.CHECKED_IN)
        ]
        if not back:
            return
        amount = refund_amount(
            [RefundableTicket(ticket.id, ticket.net, ticket.fee) for ticket in back],
            with_fee=True,
            still_paid=order.still_paid - await store.sum_pending_refunds(tx, order.id),
        )
        # One refund per order and cancellation, by an id that a repeated round makes again.
        await give_back(
            office,
            tx,
            order,
            back,
            amount=amount,
            reason=reason,
            refund_id=f"rfd_{order.id.removeprefix('ord_')}",
            cause=None,
        )


async def release_hold(office: BoxOffice, tx: Transaction, hold: Hold, *, cause: Envelope | None) -> None:
    """Close a hold without an order and free what it still holds."""
    showtime = await advance(tx, hold.showtime_id)
    freed = await store.free_held(
        tx, showtime_id=hold.showtime_id, hold_ids=[hold.id], now=office.clock.now()
    )
    if freed:
        await office.tell_seats(tx, "released", showtime, sorted(freed), cause=cause)
    await store.close_holds(tx, [hold.id])
