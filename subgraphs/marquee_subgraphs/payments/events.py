"""What payments tells the others, and what it hears. Payloads: `docs/events.md`. Never carries a card.

Handlers only write down what they heard, and wake the work once that is durable: inside a transaction
nothing is asked of the provider.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.events import Consumer, Envelope, Outbox, PoisonEvent
from marquee_subgraphs.kit.events.payload import moment, text
from marquee_subgraphs.kit.events.payload import money as read_money
from marquee_subgraphs.kit.money import Money
from marquee_subgraphs.payments.domain.order import Order, OrderPhase
from marquee_subgraphs.payments.domain.payment import EventKind, PaymentEvent, PaymentState
from marquee_subgraphs.payments.domain.records import PaymentRecord, RefundRecord

if TYPE_CHECKING:
    from marquee_subgraphs.payments.hearing import Hearing


@dataclass(frozen=True, slots=True)
class PaymentEvents:
    """Adds events to the transaction of their change. Payments are aggregates; refunds belong to the
    order.
    """

    outbox: Outbox

    async def started(self, tx: Transaction, payment: PaymentRecord, lease_until: datetime) -> None:
        await self._of_payment(tx, payment, "payment.started", {"lease_until": lease_until})

    async def happened(
        self, tx: Transaction, payment: PaymentRecord, order: Order, event: PaymentEvent
    ) -> None:
        """Tell of a fact about a payment, if it is one that others wait for."""
        match event.kind:
            case EventKind.AUTHORIZED:
                await self._of_payment(tx, payment, "payment.authorized", {"amount": money(payment.amount)})
            case EventKind.CAPTURED:
                payload = {
                    "user_id": order.user_id,
                    "movie_id": order.movie_id,
                    "showtime_id": order.showtime_id,
                    "cinema_id": order.cinema_id,
                    "amount": money(payment.amount),
                    "seat_count": order.seat_count,
                }
                await self._of_payment(tx, payment, "payment.captured", payload)
            case EventKind.DECLINED | EventKind.CAPTURE_FAILED:
                failed = event.kind is EventKind.CAPTURE_FAILED
                payload = {
                    "stage": "capture" if failed else "authorization",
                    "code": event.code,
                    "message": event.message,
                }
                await self._of_payment(tx, payment, "payment.failed", payload)
            case EventKind.VOIDED:
                await self._of_payment(tx, payment, "payment.voided", {})
            case _:
                pass

    async def refund_requested(self, tx: Transaction, refund: RefundRecord) -> None:
        payload = {"amount": money(refund.amount), "reason": refund.reason, "by": refund.requested_by}
        await self._of_refund(tx, refund, "refund.requested", payload)

    async def refund_completed(
        self, tx: Transaction, refund: RefundRecord, order: Order, state: PaymentState
    ) -> None:
        payload = {
            "user_id": order.user_id,
            "movie_id": order.movie_id,
            "showtime_id": order.showtime_id,
            "cinema_id": order.cinema_id,
            "amount": money(refund.amount),
            "refunded_total": money(Money(state.refunded_minor, refund.amount.currency)),
            "ticket_ids": list(refund.ticket_ids),
            "whole": state.refunded_minor == state.captured_minor,
        }
        await self._of_refund(tx, refund, "refund.completed", payload)

    async def refund_failed(self, tx: Transaction, refund: RefundRecord, reason: str) -> None:
        await self._of_refund(tx, refund, "refund.failed", {"reason": reason})

    async def erased(self, tx: Transaction, user_id: str, cause: Envelope) -> None:
        await self.outbox.add_raw(
            tx,
            type="user.erased",
            aggregate_id=user_id,
            payload={"user_id": user_id, "subgraph": self.outbox.producer},
            cause=cause,
        )

    async def _of_payment(
        self, tx: Transaction, payment: PaymentRecord, name: str, payload: dict[str, Any]
    ) -> None:
        ids = {"payment_id": payment.id, "order_id": payment.order_id}
        await self.outbox.add_raw(tx, type=name, aggregate_id=payment.id, payload=ids | payload)

    async def _of_refund(
        self, tx: Transaction, refund: RefundRecord, name: str, payload: dict[str, Any]
    ) -> None:
        ids = {"refund_id": refund.id, "payment_id": refund.payment_id, "order_id": refund.order_id}
        await self.outbox.add_raw(tx, type=name, aggregate_id=refund.order_id, payload=ids | payload)


def consume(consumer: Consumer, hearing: Hearing) -> None:
    """Hear what tickets says of orders and refunds, and what users says of persons."""

    @consumer.on_raw("order.placed")
    async def placed(tx: Transaction, event: Envelope) -> None:
        await hearing.order_placed(tx, _order(event))

    @consumer.on_raw("order.confirmed")
    async def confirmed(tx: Transaction, event: Envelope) -> None:
        await hearing.order_confirmed(tx, _order(event), text(event, "payment_id"))

    @consumer.on_raw("order.sale_refused", "order.expired", "order.failed", "order.cancelled")
    async def closed(tx: Transaction, event: Envelope) -> None:
        await hearing.order_closed(tx, text(event, "order_id"))

    @consumer.on_raw("refund.approved")
    async def approved(tx: Transaction, event: Envelope) -> None:
        tickets = event.payload.get("ticket_ids") or []
        if not isinstance(tickets, list):
            raise PoisonEvent("refund.approved: ticket_ids is not a list")
        await hearing.refund_approved(
            tx,
            refund_id=text(event, "refund_id"),
            payment_id=text(event, "payment_id"),
            amount=read_money(event, "amount"),
            ticket_ids=[str(ticket) for ticket in tickets],
            reason=str(event.payload.get("reason") or "cancelled"),
        )

    @consumer.on_raw("refund.rejected")
    async def rejected(tx: Transaction, event: Envelope) -> None:
        reason = str(event.payload.get("reason") or "rejected")
        await hearing.refund_rejected(tx, text(event, "refund_id"), reason)

    @consumer.on_raw("user.erasure_requested")
    async def erasure_requested(tx: Transaction, event: Envelope) -> None:
        await hearing.erasure_requested(tx, text(event, "user_id"), event)


def money(amount: Money) -> dict[str, Any]:
    """Money as events carry it."""
    return {"minor": amount.minor_units, "currency": amount.currency.value}


def _order(event: Envelope) -> Order:
    user_id = event.payload.get("user_id")
    seats = event.payload.get("seat_labels")
    if not isinstance(seats, list):
        raise PoisonEvent(f"{event.type} {event.id} has no usable seat_labels")
    # A confirmed order ends no more; it was payable until it was sold.
    ends = event.payload.get("expires_at") is not None
    until = moment(event, "expires_at") if ends else event.occurred_at
    return Order(
        order_id=text(event, "order_id"),
        number=text(event, "number"),
        user_id=user_id if isinstance(user_id, str) else None,
        showtime_id=text(event, "showtime_id"),
        movie_id=text(event, "movie_id"),
        cinema_id=text(event, "cinema_id"),
        total=read_money(event, "total"),
        seat_count=len(seats),
        payable_until=until,
        phase=OrderPhase.PENDING,
        confirmed_payment_id=None,
        live_payment_id=None,
    )
