"""The sale: what ends the waiting of an order. Its seats are sold, or it ends unpaid.

Rows are locked in the same order everywhere: order, hold, showtime, seats. So no two transactions deadlock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.events import Envelope
from marquee_subgraphs.kit.ids import new_id
from marquee_subgraphs.tickets.domain.orders import Order, OrderStatus, Ticket, TicketStatus, step
from marquee_subgraphs.tickets.domain.showtimes import Showtime
from marquee_subgraphs.tickets.events.published import (
    OrderCancelled,
    OrderConfirmed,
    OrderEnded,
    OrderExpired,
    OrderFailed,
    VoucherReleased,
)
from marquee_subgraphs.tickets.service.resources import Resources
from marquee_subgraphs.tickets.service.seat_changes import SeatChanges

_EVENT_OF: Final[Mapping[OrderStatus, type[OrderEnded]]] = {
    OrderStatus.EXPIRED: OrderExpired,
    OrderStatus.FAILED: OrderFailed,
    OrderStatus.CANCELLED: OrderCancelled,
}


class Unsold(StrEnum):
    """Why an order could not be sold its seats."""

    SEATS_LOST = "SEATS_LOST"
    SHOWTIME_CANCELLED = "SHOWTIME_CANCELLED"


class Sale:
    """Sells orders and ends them; each method joins a transaction that has locked the order."""

    def __init__(self, resources: Resources, seats: SeatChanges) -> None:
        self._resources = resources
        self._store = resources.store
        self._outbox = resources.backend.outbox
        self._seats = seats

    async def sell(
        self, tx: Transaction, order: Order, *, payment_id: str | None, cause: Envelope | None
    ) -> Order | Unsold:
        """Sell a pending order all its seats and make its tickets, or return why nothing is sold."""
        now = self._resources.now()
        showtime = await self._resources.lock_showtime(tx, order.showtime_id)
        if showtime.is_cancelled:
            return Unsold.SHOWTIME_CANCELLED
        labels = order.seat_labels
        sold = await self._store.seats.sell(tx, order, labels, now)
        if len(sold) != len(labels):
            # Of A1 and A2, A2 was taken over by another hold: A1 goes back on sale, and the order gets none.
            if sold:
                await self._free(tx, order, showtime, sorted(sold), cause)
            return Unsold.SEATS_LOST
        order = replace(
            order,
            status=step(order.status, OrderStatus.CONFIRMED),
            payment_id=payment_id,
            expires_at=None,
            failure_reason=None,
        )
        tickets = _make_tickets(order, now)
        await self._store.orders.update(
            tx, order.id, status=order.status, payment_id=payment_id, expires_at=None, failure_reason=None
        )
        await self._store.tickets.save(tx, tickets)
        await self._store.holds.close(tx, [order.hold_id])
        await self._seats.sold(tx, showtime, labels, order_id=order.id, cause=cause)
        event = OrderConfirmed.of_sale(order, showtime, tickets, self._resources.key)
        await self._outbox.add(tx, event, aggregate_id=order.id, cause=cause)
        self._resources.notify_order(tx, order.id)
        return order

    async def _free(
        self, tx: Transaction, order: Order, showtime: Showtime, labels: list[str], cause: Envelope | None
    ) -> None:
        freed = await self._store.seats.free_sold(
            tx, showtime_id=showtime.id, order_id=order.id, labels=labels, now=self._resources.now()
        )
        await self._seats.released(tx, showtime, sorted(freed), order_id=order.id, cause=cause)

    async def end_unpaid(
        self,
        tx: Transaction,
        order: Order,
        status: OrderStatus,
        *,
        reason: str | None = None,
        cause: Envelope | None = None,
    ) -> Order:
        """End a pending order without a sale: its seats and its voucher are free again."""
        showtime = await self._resources.lock_showtime(tx, order.showtime_id)
        freed = await self._store.seats.free_held(
            tx, showtime_id=order.showtime_id, hold_ids=[order.hold_id], now=self._resources.now()
        )
        if freed:
            await self._seats.released(tx, showtime, sorted(freed), order_id=order.id, cause=cause)
        await self._store.holds.close(tx, [order.hold_id])
        ended = replace(order, status=step(order.status, status), failure_reason=reason)
        return await self.end(tx, ended, showtime, cause=cause)

    async def void(self, tx: Transaction, order: Order, *, reason: str, cause: Envelope) -> Order:
        """End a sold order whose money never came: its unused tickets are void and their seats free."""
        # The showtime's row first: check-in takes it too, so no ticket is used before it is void.
        showtime = await self._resources.lock_showtime(tx, order.showtime_id)
        tickets = (await self._store.tickets.of_orders(tx, [order.id]))[order.id]
        unused = (TicketStatus.VALID, TicketStatus.REFUND_PENDING)
        void = [ticket for ticket in tickets if ticket.status in unused]
        if void:
            await self._store.tickets.update(tx, [each.id for each in void], status=TicketStatus.VOID)
            await self._free(tx, order, showtime, [each.seat_label for each in void], cause)
        failed = replace(order, status=step(order.status, OrderStatus.FAILED), failure_reason=reason)
        return await self.end(tx, failed, showtime, cause=cause)

    async def end(
        self, tx: Transaction, order: Order, showtime: Showtime, *, cause: Envelope | None
    ) -> Order:
        """Write an order that is expired, failed or cancelled, give its voucher back, and publish its end."""
        await self._store.orders.update(
            tx, order.id, status=order.status, failure_reason=order.failure_reason
        )
        if order.voucher_code is not None:
            owner = await self._store.vouchers.release(tx, code=order.voucher_code, order_id=order.id)
            if owner is not None:
                released = VoucherReleased(code=order.voucher_code, user_id=owner, order_id=order.id)
                await self._outbox.add(tx, released, aggregate_id=order.voucher_code, cause=cause)
        event = _EVENT_OF[order.status].of(order, showtime)
        await self._outbox.add(tx, event, aggregate_id=order.id, cause=cause)
        self._resources.notify_order(tx, order.id)
        return order


def _make_tickets(order: Order, now: datetime) -> list[Ticket]:
    # Ids made in one millisecond have no order among themselves: sorted, the tickets are in seat order.
    ids = sorted(new_id("tkt", now) for _ in order.seats)
    return [
        Ticket(
            id=ticket_id,
            order_id=order.id,
            showtime_id=order.showtime_id,
            cinema_id=order.cinema_id,
            movie_id=order.movie_id,
            user_id=order.user_id,
            seat_label=seat.label,
            kind=seat.kind,
            net=seat.net,
            fee=seat.fee,
            status=TicketStatus.VALID,
            code_version=1,
            refund_id=None,
            checked_in_at=None,
        )
        for ticket_id, seat in zip(ids, order.seats, strict=True)
    ]
