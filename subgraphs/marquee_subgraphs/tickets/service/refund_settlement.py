"""What the refund events of payments do to orders and tickets. Late or repeated events change nothing."""

from __future__ import annotations

from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.events import Envelope
from marquee_subgraphs.kit.money import Money
from marquee_subgraphs.tickets.domain.orders import SOLD, Order, Ticket, TicketStatus
from marquee_subgraphs.tickets.events.consumed import RefundCompleted, RefundFailed, RefundRequested
from marquee_subgraphs.tickets.events.published import RefundRejected
from marquee_subgraphs.tickets.service.resources import Resources
from marquee_subgraphs.tickets.service.returns import RefundDecision, Returns


class RefundSettlement:
    """The steps of refunds that the events of payments cause."""

    def __init__(self, resources: Resources, returns: Returns) -> None:
        self._resources = resources
        self._store = resources.store
        self._returns = returns

    async def decide(self, tx: Transaction, request: RefundRequested, *, cause: Envelope) -> None:
        """Approve the refund of all that is left, which staff requested, unless somebody has entered."""
        order = await self._store.orders.lock(tx, request.order_id)
        if order is None:
            await self._reject(tx, request, "ORDER_UNKNOWN", cause)
            return
        if await self._store.refunds.find(tx, request.refund_id) is not None:
            return
        # The showtime's row before the tickets: nobody enters with these tickets while this decides.
        await self._resources.lock_showtime(tx, order.showtime_id)
        tickets = (await self._store.tickets.of_orders(tx, [order.id]))[order.id]
        problem = _problem(order, tickets, request.amount)
        if problem is not None:
            await self._reject(tx, request, problem, cause)
            return
        valid = [ticket for ticket in tickets if ticket.status is TicketStatus.VALID]
        decision = RefundDecision(
            refund_id=request.refund_id,
            amount=request.amount,
            reason=request.reason or "refunded by staff",
        )
        await self._returns.approve(tx, order, valid, decision, cause=cause)

    async def _reject(self, tx: Transaction, request: RefundRequested, reason: str, cause: Envelope) -> None:
        event = RefundRejected(refund_id=request.refund_id, order_id=request.order_id, reason=reason)
        await self._resources.backend.outbox.add(tx, event, aggregate_id=request.order_id, cause=cause)

    async def complete(self, tx: Transaction, completed: RefundCompleted, *, cause: Envelope) -> None:
        """Free the seats of the tickets that were given back; a refund of a part by staff names none."""
        order = await self._store.orders.lock(tx, completed.order_id)
        if order is None:
            return
        ticket_ids = list(completed.ticket_ids or ())
        refund = await self._store.refunds.find(tx, completed.refund_id)
        if refund is not None:
            if refund.status == "COMPLETED":
                return
            await self._store.refunds.update(tx, refund.id, status="COMPLETED")
            ticket_ids = refund.ticket_ids
        # Two refunds of 10 and 25 may arrive as totals 35, then 10: the higher total is the newer.
        refunded = max(order.refunded, completed.refunded_total)
        await self._returns.finish(tx, order, ticket_ids, refunded=refunded, cause=cause)

    async def fail(self, tx: Transaction, failed: RefundFailed) -> None:
        """Make the tickets of a failed refund valid again: the customer has paid for them."""
        order = await self._store.orders.lock(tx, failed.order_id)
        refund = await self._store.refunds.find(tx, failed.refund_id)
        if order is None or refund is None or refund.status != "APPROVED":
            return
        await self._store.refunds.update(tx, refund.id, status="FAILED")
        await self._resources.lock_showtime(tx, order.showtime_id)
        for ticket in (await self._store.tickets.of_orders(tx, [order.id]))[order.id]:
            if ticket.id not in refund.ticket_ids or ticket.status is not TicketStatus.REFUND_PENDING:
                continue
            # A cancelled showtime refunds people who are inside too: they stay checked in.
            entered = ticket.checked_in_at is not None
            status = TicketStatus.CHECKED_IN if entered else TicketStatus.VALID
            await self._store.tickets.update(tx, [ticket.id], status=status, refund_id=None)
        await self._store.orders.update(tx, order.id, failure_reason="The bank did not take the refund.")
        self._resources.notify_order(tx, order.id)


def _problem(order: Order, tickets: list[Ticket], amount: Money) -> str | None:
    """Return the code why `amount` of an order cannot be refunded as a whole, or None when it can."""
    statuses = {ticket.status for ticket in tickets}
    if order.status not in SOLD:
        return f"ORDER_{order.status}"
    if TicketStatus.CHECKED_IN in statuses:
        return "TICKET_CHECKED_IN"
    if TicketStatus.REFUND_PENDING in statuses:
        return "REFUND_PENDING"
    if TicketStatus.VALID not in statuses or not Money.zero(amount.currency) < amount <= order.still_paid:
        return "NOTHING_LEFT"
    return None
