"""What payments' events do to orders: leases, sales, failures, refunds. Late or doubled ones do nothing.

Every step locks the order first and looks at where it stands, so that events may come in any order.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.events import Envelope
from marquee_subgraphs.tickets import store
from marquee_subgraphs.tickets.domain.orders import SOLD, Order, OrderStatus, TicketStatus
from marquee_subgraphs.tickets.domain.refunds import Refund
from marquee_subgraphs.tickets.service.box_office import BoxOffice
from marquee_subgraphs.tickets.service.holds import keep_longer
from marquee_subgraphs.tickets.service.refunds import finish_refund, give_back
from marquee_subgraphs.tickets.service.sale import Unsold, advance, end_order, end_unpaid, sell_order

_WHY_UNSOLD: Final = {
    Unsold.SEATS_LOST: "The seats were taken before they were paid.",
    Unsold.SHOWTIME_CANCELLED: "The showtime was cancelled.",
}


class Settlement:
    """The steps of the purchase and of refunds that events drive."""

    def __init__(self, office: BoxOffice) -> None:
        self._office = office

    async def payment_started(self, tx: Transaction, *, order_id: str, lease_until: datetime) -> None:
        """Keep the seats while the payment is under way, within the limit of a hold."""
        now = self._office.clock.now()
        order = await store.lock_order(tx, order_id)
        if order is None or order.status_at(now) is not OrderStatus.PENDING_PAYMENT:
            return
        hold = await store.lock_hold(tx, order.hold_id)
        if hold is None or not hold.is_live(now):
            return
        until = hold.leased(lease_until)
        if until > hold.expires_at:
            await keep_longer(tx, hold, until)
            self._office.tell_order(tx, order.id)

    async def payment_authorized(
        self, tx: Transaction, event: Envelope, *, order_id: str, payment_id: str, amount: int, currency: str
    ) -> None:
        """Sell the seats, all or none; when they cannot be sold, have the payment voided."""
        now = self._office.clock.now()
        order = await store.lock_order(tx, order_id)
        if order is None:
            return
        status = order.status_at(now)
        if status in SOLD or status is OrderStatus.REFUNDED:
            if order.payment_id != payment_id:
                await self._refuse(tx, order, payment_id, "ALREADY_PAID", event)
            return
        if status is not OrderStatus.PENDING_PAYMENT:
            if order.status is OrderStatus.PENDING_PAYMENT:
                await end_unpaid(self._office, tx, order, OrderStatus.EXPIRED, cause=event)
            await self._refuse(tx, order, payment_id, f"ORDER_{status}", event)
            return
        if (amount, currency) != (order.total, order.currency):
            await self._refuse(tx, order, payment_id, "AMOUNT_MISMATCH", event)
            return
        sold = await sell_order(self._office, tx, order, payment_id=payment_id, cause=event)
        if isinstance(sold, Unsold):
            await end_unpaid(
                self._office, tx, order, OrderStatus.FAILED, reason=_WHY_UNSOLD[sold], cause=event
            )
            await self._refuse(tx, order, payment_id, sold, event)

    async def _refuse(
        self, tx: Transaction, order: Order, payment_id: str, reason: str, cause: Envelope
    ) -> None:
        await self._office.events.sale_refused(tx, order, payment_id, reason, cause)

    async def payment_captured(
        self, tx: Transaction, event: Envelope, *, order_id: str, payment_id: str, amount: int
    ) -> None:
        """Note that the money is ours; money that has no seats to show for it goes back."""
        order = await store.lock_order(tx, order_id)
        if order is None:
            return
        has_seats = order.status in SOLD or order.status is OrderStatus.REFUNDED
        if has_seats and order.payment_id == payment_id:
            await store.update_order(tx, order.id, is_captured=True)
            self._office.tell_order(tx, order.id)
            return
        refund = Refund(
            id=f"rfd_{event.id}",
            order_id=order.id,
            payment_id=payment_id,
            amount=amount,
            currency=order.currency,
            ticket_ids=[],
            status="APPROVED",
            reason="captured without seats",
            decided_at=self._office.clock.now(),
        )
        if await store.save_refund(tx, refund):
            await self._office.events.refund_approved(tx, order, refund, cause=event)

    async def authorization_failed(self, tx: Transaction, *, order_id: str, message: str) -> None:
        """Note why; the order waits for another try while its seats are held."""
        order = await store.lock_order(tx, order_id)
        if order is not None and order.status is OrderStatus.PENDING_PAYMENT:
            await store.update_order(tx, order.id, failure_reason=message)
            self._office.tell_order(tx, order.id)

    async def payment_lost(
        self, tx: Transaction, event: Envelope, *, order_id: str, payment_id: str, message: str
    ) -> None:
        """The money of a sold order will never come: seats are free, tickets void, the order failed.

        Who has entered stays seated. A payment that is not the order's, or was captured, changes nothing.
        """
        order = await store.lock_order(tx, order_id)
        if (
            order is None
            or order.status is not OrderStatus.CONFIRMED
            or order.payment_id != payment_id
            or order.is_captured
        ):
            return
        showtime = await advance(tx, order.showtime_id)
        tickets = (await store.find_tickets_of_orders(tx, [order.id]))[order.id]
        void = [
            ticket for ticket in tickets if ticket.status in (TicketStatus.VALID, TicketStatus.REFUND_PENDING)
        ]
        if void:
            await store.update_tickets(tx, [ticket.id for ticket in void], status=TicketStatus.VOID)
            freed = await store.free_sold(
                tx,
                showtime_id=order.showtime_id,
                order_id=order.id,
                labels=[ticket.seat_label for ticket in void],
                now=self._office.clock.now(),
            )
            await self._office.tell_seats(
                tx, "released", showtime, sorted(freed), order_id=order.id, cause=event
            )
        await end_order(self._office, tx, order, OrderStatus.FAILED, showtime, reason=message, cause=event)

    async def refund_requested(
        self,
        tx: Transaction,
        event: Envelope,
        *,
        order_id: str,
        refund_id: str,
        amount: int,
        reason: str,
    ) -> None:
        """Staff wants all that is left given back: approve it unless somebody has entered."""
        order = await store.lock_order(tx, order_id)
        problem = "ORDER_UNKNOWN"
        if order is not None:
            if await store.find_refund(tx, refund_id) is not None:
                return
            await advance(tx, order.showtime_id)
            tickets = (await store.find_tickets_of_orders(tx, [order.id]))[order.id]
            statuses = {ticket.status for ticket in tickets}
            valid = [ticket for ticket in tickets if ticket.status is TicketStatus.VALID]
            if order.status not in SOLD:
                problem = f"ORDER_{order.status}"
            elif TicketStatus.CHECKED_IN in statuses:
                problem = "TICKET_CHECKED_IN"
            elif TicketStatus.REFUND_PENDING in statuses:
                problem = "REFUND_PENDING"
            elif not valid or amount <= 0 or amount > order.still_paid:
                problem = "NOTHING_LEFT"
            else:
                await give_back(
                    self._office,
                    tx,
                    order,
                    valid,
                    amount=amount,
                    reason=reason,
                    refund_id=refund_id,
                    cause=event,
                )
                return
        await self._office.events.refund_rejected(
            tx, order_id=order_id, refund_id=refund_id, reason=problem, cause=event
        )

    async def refund_completed(
        self,
        tx: Transaction,
        event: Envelope,
        *,
        order_id: str,
        refund_id: str,
        refunded_total: int,
        ticket_ids: list[str],
    ) -> None:
        """Free the seats of what was given back. A staff refund of a part frees none."""
        order = await store.lock_order(tx, order_id)
        if order is None:
            return
        refund = await store.find_refund(tx, refund_id)
        if refund is not None:
            if refund.status == "COMPLETED":
                return
            await store.update_refund(tx, refund_id, status="COMPLETED")
            ticket_ids = refund.ticket_ids
        await finish_refund(
            self._office,
            tx,
            order,
            ticket_ids,
            refunded=max(order.refunded, refunded_total),
            cause=event,
        )

    async def refund_failed(self, tx: Transaction, *, order_id: str, refund_id: str) -> None:
        """Make the tickets valid again, so that the customer is not left with nothing."""
        order = await store.lock_order(tx, order_id)
        refund = await store.find_refund(tx, refund_id)
        if order is None or refund is None or refund.status != "APPROVED":
            return
        await store.update_refund(tx, refund_id, status="FAILED")
        await advance(tx, order.showtime_id)
        tickets = (await store.find_tickets_of_orders(tx, [order.id]))[order.id]
        pending = [
            ticket
            for ticket in tickets
            if ticket.id in refund.ticket_ids and ticket.status is TicketStatus.REFUND_PENDING
        ]
        for ticket in pending:
            entered = ticket.checked_in_at is not None
            await store.update_tickets(
                tx,
                [ticket.id],
                status=TicketStatus.CHECKED_IN if entered else TicketStatus.VALID,
                refund_id=None,
            )
        await store.update_order(tx, order.id, failure_reason="The bank did not take the refund.")
        self._office.tell_order(tx, order.id)
