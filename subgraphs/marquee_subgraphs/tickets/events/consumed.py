"""What tickets hears, and what it makes of it. Payloads: `docs/events.md`; unknown fields are passed over.

Reads payloads and calls use cases; decides nothing. A payload that can never be read is a `PoisonEvent`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.events import Consumer, Envelope, PoisonEvent
from marquee_subgraphs.kit.events import payload as payloads
from marquee_subgraphs.tickets.domain.layout import SeatKind, SeatPlace
from marquee_subgraphs.tickets.domain.vouchers import Voucher, VoucherKind
from marquee_subgraphs.tickets.service.projections import Projections
from marquee_subgraphs.tickets.service.settlement import Settlement


@dataclass(frozen=True, slots=True)
class _Payload:
    """The payload of one event, read strictly."""

    event: Envelope

    def text(self, name: str) -> str:
        return payloads.text(self.event, name)

    def moment(self, name: str) -> datetime:
        return payloads.moment(self.event, name)

    def money(self, name: str) -> tuple[int, str]:
        money = payloads.money(self.event, name)
        return money.minor_units, money.currency.value

    def texts(self, name: str) -> list[str]:
        values = self.event.payload.get(name) or []
        if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
            raise PoisonEvent(f"{self.event.type} {self.event.id} has no usable {name}")
        return values


def consume(consumer: Consumer, projecting: Projections, settling: Settlement) -> None:
    """Register every handler."""
    _consume_showtimes(consumer, projecting)
    _consume_payments(consumer, settling)
    _consume_refunds(consumer, settling)
    _consume_customers(consumer, projecting)


def _consume_showtimes(consumer: Consumer, projecting: Projections) -> None:
    @consumer.on_raw("showtime.scheduled")
    async def scheduled(tx: Transaction, event: Envelope) -> None:
        payload = _Payload(event)
        base_price, currency = payload.money("base_price")
        places, blocked = _read_seats(event)
        await projecting.schedule(
            tx,
            {
                "id": payload.text("showtime_id"),
                **{
                    name: payload.text(name)
                    for name in ("movie_id", "movie_title", "cinema_id", "cinema_name", "time_zone")
                },
                **{name: payload.moment(name) for name in ("starts_at", "ends_at", "sales_close_at")},
                "base_price": base_price,
                "currency": currency,
            },
            places,
            blocked,
        )

    @consumer.on_raw("showtime.rescheduled")
    async def rescheduled(tx: Transaction, event: Envelope) -> None:
        if not await consumer.inbox.advance(tx, event):
            return
        payload = _Payload(event)
        moments = {name: payload.moment(name) for name in ("starts_at", "ends_at", "sales_close_at")}
        await projecting.reschedule(tx, payload.text("showtime_id"), moments)

    @consumer.on_raw("showtime.cancelled")
    async def cancelled(tx: Transaction, event: Envelope) -> None:
        payload = _Payload(event)
        await projecting.cancel_showtime(
            tx, payload.text("showtime_id"), reason=str(event.payload.get("reason") or "showtime cancelled")
        )


def _read_seats(event: Envelope) -> tuple[list[SeatPlace], list[str]]:
    try:
        seats = event.payload["seats"]
        places = [
            SeatPlace(
                label=str(seat["label"]),
                row=str(seat["row"]),
                number=int(seat["number"]),
                kind=SeatKind(seat["kind"]),
                x=float(seat["x"]),
                y=float(seat["y"]),
                companion_of=seat.get("companion_of"),
            )
            for seat in seats
        ]
        blocked = [str(seat["label"]) for seat in seats if seat.get("blocked")]
    except (KeyError, TypeError, ValueError) as error:
        raise PoisonEvent(f"{event.type} {event.id} has no usable seats") from error
    return places, blocked


def _consume_payments(consumer: Consumer, settling: Settlement) -> None:
    @consumer.on_raw("payment.started")
    async def started(tx: Transaction, event: Envelope) -> None:
        payload = _Payload(event)
        await settling.payment_started(
            tx, order_id=payload.text("order_id"), lease_until=payload.moment("lease_until")
        )

    @consumer.on_raw("payment.authorized")
    async def authorized(tx: Transaction, event: Envelope) -> None:
        payload = _Payload(event)
        amount, currency = payload.money("amount")
        await settling.payment_authorized(
            tx,
            event,
            order_id=payload.text("order_id"),
            payment_id=payload.text("payment_id"),
            amount=amount,
            currency=currency,
        )

    @consumer.on_raw("payment.captured")
    async def captured(tx: Transaction, event: Envelope) -> None:
        payload = _Payload(event)
        await settling.payment_captured(
            tx,
            event,
            order_id=payload.text("order_id"),
            payment_id=payload.text("payment_id"),
            amount=payload.money("amount")[0],
        )

    @consumer.on_raw("payment.failed")
    async def failed(tx: Transaction, event: Envelope) -> None:
        payload = _Payload(event)
        order_id = payload.text("order_id")
        message = str(event.payload.get("message") or event.payload.get("code") or "the payment failed")
        if event.payload.get("stage") == "capture":
            await settling.payment_lost(
                tx, event, order_id=order_id, payment_id=payload.text("payment_id"), message=message
            )
        else:
            await settling.authorization_failed(tx, order_id=order_id, message=message)

    @consumer.on_raw("payment.voided")
    async def voided(tx: Transaction, event: Envelope) -> None:
        payload = _Payload(event)
        await settling.payment_lost(
            tx,
            event,
            order_id=payload.text("order_id"),
            payment_id=payload.text("payment_id"),
            message="the payment was voided",
        )


def _consume_refunds(consumer: Consumer, settling: Settlement) -> None:
    @consumer.on_raw("refund.requested")
    async def requested(tx: Transaction, event: Envelope) -> None:
        payload = _Payload(event)
        await settling.refund_requested(
            tx,
            event,
            order_id=payload.text("order_id"),
            refund_id=payload.text("refund_id"),
            amount=payload.money("amount")[0],
            reason=str(event.payload.get("reason") or "refunded by staff"),
        )

    @consumer.on_raw("refund.completed")
    async def completed(tx: Transaction, event: Envelope) -> None:
        payload = _Payload(event)
        await settling.refund_completed(
            tx,
            event,
            order_id=payload.text("order_id"),
            refund_id=payload.text("refund_id"),
            refunded_total=payload.money("refunded_total")[0],
            ticket_ids=payload.texts("ticket_ids"),
        )

    @consumer.on_raw("refund.failed")
    async def failed(tx: Transaction, event: Envelope) -> None:
        payload = _Payload(event)
        await settling.refund_failed(
            tx, order_id=payload.text("order_id"), refund_id=payload.text("refund_id")
        )


def _consume_customers(consumer: Consumer, projecting: Projections) -> None:
    @consumer.on_raw("voucher.issued")
    async def issued(tx: Transaction, event: Envelope) -> None:
        payload = _Payload(event)
        value = payload.money("value") if event.payload.get("value") else (None, None)
        percent = event.payload.get("percent")
        try:
            kind = VoucherKind(payload.text("kind"))
        except ValueError as error:
            raise PoisonEvent(f"{event.id} is a voucher of an unknown kind") from error
        await projecting.keep_voucher(
            tx,
            Voucher(
                code=payload.text("code"),
                user_id=payload.text("user_id"),
                kind=kind,
                value=value[0],
                currency=value[1],
                percent=percent if isinstance(percent, int) else None,
                expires_at=payload.moment("expires_at"),
            ),
        )

    @consumer.on_raw("membership.joined", "membership.tier_changed")
    async def tier(tx: Transaction, event: Envelope) -> None:
        if await consumer.inbox.advance(tx, event):
            payload = _Payload(event)
            await projecting.keep_tier(tx, payload.text("user_id"), payload.text("tier"))

    @consumer.on_raw("user.erasure_requested")
    async def erasure(tx: Transaction, event: Envelope) -> None:
        await projecting.erase(tx, _Payload(event).text("user_id"), event)
