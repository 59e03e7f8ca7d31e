"""Returns: how tickets are given back, once a customer, staff or a cancelled showtime causes it.

Tickets decides and marks the tickets, payments gives the money back and reports it, and only then are the
seats free again: a refund that fails must find the seats still sold to its customer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.events import Envelope
from marquee_subgraphs.kit.money import Money
from marquee_subgraphs.tickets.domain.orders import SOLD, Order, OrderStatus, Ticket, TicketStatus, step
from marquee_subgraphs.tickets.domain.refunds import Refund
from marquee_subgraphs.tickets.events.published import RefundApproved
from marquee_subgraphs.tickets.service.resources import Resources
from marquee_subgraphs.tickets.service.sale import Sale
from marquee_subgraphs.tickets.service.seat_changes import SeatChanges

_LIVE: Final = frozenset({TicketStatus.VALID, TicketStatus.CHECKED_IN, TicketStatus.REFUND_PENDING})


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundDecision:
    """What an order's customer gets back, and why."""

    refund_id: str
    amount: Money
    reason: str


class Returns:
    """Gives tickets back; each method joins a transaction that has locked the order."""

    def __init__(self, resources: Resources, seats: SeatChanges, sale: Sale) -> None:
        self._resources = resources
        self._store = resources.store
        self._outbox = resources.backend.outbox
        self._seats = seats
        self._sale = sale

    async def approve(
        self,
        tx: Transaction,
        order: Order,
        tickets: Sequence[Ticket],
        decision: RefundDecision,
        *,
        cause: Envelope | None = None,
    ) -> Order:
        """Mark tickets as being given back and have payments refund them; free tickets end at once."""
        ticket_ids = [ticket.id for ticket in tickets]
        if decision.amount.is_zero or order.payment_id is None:
            return await self.finish(tx, order, ticket_ids, refunded=order.refunded, cause=cause)
        refund = Refund(
            id=decision.refund_id,
            order_id=order.id,
            payment_id=order.payment_id,
            amount=decision.amount,
            ticket_ids=ticket_ids,
            status="APPROVED",
            reason=decision.reason,
            decided_at=self._resources.now(),
        )
        if not await self._store.refunds.save(tx, refund):
            return order
        await self._store.tickets.update(
            tx, ticket_ids, status=TicketStatus.REFUND_PENDING, refund_id=refund.id
        )
        await self._outbox.add(tx, RefundApproved.of(refund), aggregate_id=order.id, cause=cause)
        self._resources.notify_order(tx, order.id)
        return order

    async def finish(
        self,
        tx: Transaction,
        order: Order,
        ticket_ids: Sequence[str],
        *,
        refunded: Money,
        cause: Envelope | None,
    ) -> Order:
        """Free the seats of tickets that were given back; `refunded` is what the order got back so far."""
        showtime = await self._resources.lock_showtime(tx, order.showtime_id)
        tickets = (await self._store.tickets.of_orders(tx, [order.id]))[order.id]
        whole = not order.total.is_zero and refunded >= order.total
        # A whole refund takes back every ticket, also those that no refund named: goodwill of 10.00 and then
        # of the other 38.00 is the whole. A person who has entered keeps the seat unless named.
        back = [
            ticket
            for ticket in tickets
            if ticket.status in _LIVE
            and (ticket.id in ticket_ids or (whole and ticket.status is not TicketStatus.CHECKED_IN))
        ]
        if back:
            await self._store.tickets.update(tx, [each.id for each in back], status=TicketStatus.REFUNDED)
            freed = await self._store.seats.free_sold(
                tx,
                showtime_id=order.showtime_id,
                order_id=order.id,
                labels=[ticket.seat_label for ticket in back],
                now=self._resources.now(),
            )
            await self._seats.released(tx, showtime, sorted(freed), order_id=order.id, cause=cause)
        left = any(ticket.status in _LIVE and ticket not in back for ticket in tickets)
        if order.status not in SOLD:
            # Money came back of an order that ended otherwise, as after a failed sale: its status stays.
            await self._store.orders.update(tx, order.id, refunded=refunded)
            return replace(order, refunded=refunded)
        if order.total.is_zero and not left:
            ended = step(order.status, OrderStatus.CANCELLED)
            ended_order = replace(order, status=ended, failure_reason="given back")
            return await self._sale.end(tx, ended_order, showtime, cause=cause)
        following = OrderStatus.PARTIALLY_REFUNDED if left and not whole else OrderStatus.REFUNDED
        status = step(order.status, following)
        await self._store.orders.update(tx, order.id, status=status, refunded=refunded)
        self._resources.notify_order(tx, order.id)
        return replace(order, status=status, refunded=refunded)
