"""Settlement: what the events of payments do to orders. Leases, sales and failures.

Each step locks the order and looks at its state first, so an event that is late or out of order changes
nothing: `payment.voided` after a capture finds `is_captured` and returns.
"""

from __future__ import annotations

from typing import Final

from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.events import Envelope
from marquee_subgraphs.tickets.domain.orders import HAD_SEATS, Order, OrderStatus
from marquee_subgraphs.tickets.domain.refunds import Refund
from marquee_subgraphs.tickets.events.consumed import (
    PaymentAuthorized,
    PaymentCaptured,
    PaymentFailed,
    PaymentStarted,
)
from marquee_subgraphs.tickets.events.published import OrderSaleRefused, RefundApproved
from marquee_subgraphs.tickets.service.holds import keep_longer
from marquee_subgraphs.tickets.service.resources import Resources
from marquee_subgraphs.tickets.service.sale import Sale, Unsold

_REASONS: Final = {
    Unsold.SEATS_LOST: "The seats were taken before they were paid.",
    Unsold.SHOWTIME_CANCELLED: "The showtime was cancelled.",
}


class Settlement:
    """The steps of a purchase that the events of payments cause."""

    def __init__(self, resources: Resources, sale: Sale) -> None:
        self._resources = resources
        self._store = resources.store
        self._outbox = resources.backend.outbox
        self._sale = sale

    async def extend_lease(self, tx: Transaction, payment: PaymentStarted) -> None:
        """Keep the seats while the customer pays, within the limit of a hold.

        A customer who pays in the last seconds of the hold, with 3-D Secure, would otherwise lose the seats
        while the bank asks.
        """
        now = self._resources.now()
        order = await self._store.orders.lock(tx, payment.order_id)
        if order is None or order.status_at(now) is not OrderStatus.PENDING_PAYMENT:
            return
        hold = await self._store.holds.lock(tx, order.hold_id)
        if hold is None or not hold.is_live(now):
            return
        until = hold.leased(payment.lease_until)
        if until > hold.expires_at:
            await keep_longer(self._store, tx, hold, until)
            self._resources.notify_order(tx, order.id)

    async def sell(self, tx: Transaction, payment: PaymentAuthorized, *, cause: Envelope) -> None:
        """Sell the seats, all or none; when they cannot be sold, have payments void the payment."""
        order = await self._store.orders.lock(tx, payment.order_id)
        if order is None:
            return
        status = order.status_at(self._resources.now())
        if status in HAD_SEATS:
            if order.payment_id != payment.payment_id:
                await self._refuse(tx, order, payment.payment_id, "ALREADY_PAID", cause)
            return
        if status is not OrderStatus.PENDING_PAYMENT:
            if order.status is OrderStatus.PENDING_PAYMENT:
                # Its time is up, and no sweep has written that yet.
                await self._sale.end_unpaid(tx, order, OrderStatus.EXPIRED, cause=cause)
            await self._refuse(tx, order, payment.payment_id, f"ORDER_{status}", cause)
            return
        if payment.amount != order.total:
            await self._refuse(tx, order, payment.payment_id, "AMOUNT_MISMATCH", cause)
            return
        sold = await self._sale.sell(tx, order, payment_id=payment.payment_id, cause=cause)
        if isinstance(sold, Unsold):
            await self._sale.end_unpaid(tx, order, OrderStatus.FAILED, reason=_REASONS[sold], cause=cause)
            await self._refuse(tx, order, payment.payment_id, sold, cause)

    async def _refuse(
        self, tx: Transaction, order: Order, payment_id: str, reason: str, cause: Envelope
    ) -> None:
        event = OrderSaleRefused.of(order, payment_id, reason)
        await self._outbox.add(tx, event, aggregate_id=order.id, cause=cause)

    async def note_capture(self, tx: Transaction, payment: PaymentCaptured, *, cause: Envelope) -> None:
        """Remember that the order is paid. Money that was taken without seats goes back."""
        order = await self._store.orders.lock(tx, payment.order_id)
        if order is None:
            return
        if order.status in HAD_SEATS and order.payment_id == payment.payment_id:
            await self._store.orders.update(tx, order.id, is_captured=True)
            self._resources.notify_order(tx, order.id)
            return
        refund = Refund(
            # Made of the event's id, so that a repetition of the event is the same refund.
            id=f"rfd_{cause.id}",
            order_id=order.id,
            payment_id=payment.payment_id,
            amount=payment.amount,
            ticket_ids=[],
            status="APPROVED",
            reason="captured without seats",
            decided_at=self._resources.now(),
        )
        if await self._store.refunds.save(tx, refund):
            await self._outbox.add(tx, RefundApproved.of(refund), aggregate_id=order.id, cause=cause)

    async def note_failure(self, tx: Transaction, payment: PaymentFailed, *, cause: Envelope) -> None:
        """Undo the sale after a failed capture; after a declined card the order waits for another try."""
        message = payment.message or payment.code or "the payment failed"
        if payment.stage == "capture":
            await self.undo_sale(tx, payment.order_id, payment.payment_id, reason=message, cause=cause)
            return
        order = await self._store.orders.lock(tx, payment.order_id)
        if order is not None and order.status is OrderStatus.PENDING_PAYMENT:
            await self._store.orders.update(tx, order.id, failure_reason=message)
            self._resources.notify_order(tx, order.id)

    async def undo_sale(
        self, tx: Transaction, order_id: str, payment_id: str, *, reason: str, cause: Envelope
    ) -> None:
        """Free the seats of a sold order whose money will never come: its tickets are void, it has failed.

        People who have entered keep their seats. A payment that is not the order's, or was captured, changes
        nothing.
        """
        order = await self._store.orders.lock(tx, order_id)
        if (
            order is None
            or order.status is not OrderStatus.CONFIRMED
            or order.payment_id != payment_id
            or order.is_captured
        ):
            return
        await self._sale.void(tx, order, reason=reason, cause=cause)
