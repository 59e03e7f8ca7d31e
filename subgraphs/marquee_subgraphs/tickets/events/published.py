"""What tickets tells the others, each event in the transaction of its change. Payloads: `docs/events.md`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from marquee_subgraphs.kit.database import Transaction
from marquee_subgraphs.kit.events import Envelope, Outbox
from marquee_subgraphs.tickets.domain.codes import make_code, make_token
from marquee_subgraphs.tickets.domain.holds import Hold
from marquee_subgraphs.tickets.domain.orders import Order, Ticket
from marquee_subgraphs.tickets.domain.refunds import Refund
from marquee_subgraphs.tickets.domain.showtimes import Showtime
from marquee_subgraphs.tickets.domain.waitlist import WaitlistEntry


def money(minor: int, currency: str) -> dict[str, object]:
    """Return money as events carry it."""
    return {"minor": minor, "currency": currency}


@dataclass(frozen=True, slots=True)
class TicketEvents:
    """Adds the events of tickets."""

    outbox: Outbox
    key: bytes

    async def seats(
        self,
        tx: Transaction,
        change: str,
        showtime_id: str,
        labels: Sequence[str],
        *,
        order_id: str | None = None,
        cause: Envelope | None = None,
    ) -> None:
        """`seats.held`, `seats.released` or `seats.sold`."""
        payload: dict[str, Any] = {"showtime_id": showtime_id, "seat_labels": list(labels)}
        if order_id is not None:
            payload["order_id"] = order_id
        await self._add(tx, f"seats.{change}", showtime_id, payload, cause)

    async def placed(self, tx: Transaction, order: Order, showtime: Showtime) -> None:
        await self._add(tx, "order.placed", order.id, _order_payload(order, showtime), None)

    async def confirmed(
        self,
        tx: Transaction,
        order: Order,
        showtime: Showtime,
        tickets: Sequence[Ticket],
        cause: Envelope | None,
    ) -> None:
        payload = {
            **_order_payload(order, showtime),
            "payment_id": order.payment_id,
            "subtotal": money(order.subtotal, order.currency),
            "discount": money(order.discount, order.currency),
            "booking_fee": money(order.booking_fee, order.currency),
            "tax": money(order.tax, order.currency),
            "starts_at": showtime.starts_at,
            "time_zone": showtime.time_zone,
            "tickets": [
                {
                    "ticket_id": ticket.id,
                    "seat_label": ticket.seat_label,
                    "kind": ticket.kind,
                    "price": money(ticket.net, ticket.currency),
                    "qr_code": make_code(self.key, ticket.id, ticket.showtime_id, ticket.code_version),
                }
                for ticket in tickets
            ],
        }
        await self._add(tx, "order.confirmed", order.id, payload, cause)

    async def sale_refused(
        self, tx: Transaction, order: Order, payment_id: str, reason: str, cause: Envelope
    ) -> None:
        payload = {
            "order_id": order.id,
            "payment_id": payment_id,
            "user_id": order.user_id,
            "email": order.email,
            "locale": order.locale,
            "reason": reason,
        }
        await self._add(tx, "order.sale_refused", order.id, payload, cause)

    async def ended(
        self,
        tx: Transaction,
        how: str,
        order: Order,
        showtime: Showtime,
        *,
        reason: str | None,
        cause: Envelope | None,
    ) -> None:
        """`order.expired`, `order.failed` or `order.cancelled`."""
        payload = {
            "order_id": order.id,
            "number": order.number,
            "user_id": order.user_id,
            "email": order.email,
            "locale": order.locale,
            "showtime_id": order.showtime_id,
            "movie_title": showtime.movie_title,
            "reason": reason,
        }
        await self._add(tx, f"order.{how}", order.id, payload, cause)

    async def refund_approved(
        self, tx: Transaction, order: Order, refund: Refund, cause: Envelope | None
    ) -> None:
        payload = {
            "refund_id": refund.id,
            "order_id": order.id,
            "payment_id": refund.payment_id,
            "amount": money(refund.amount, refund.currency),
            "ticket_ids": refund.ticket_ids,
            "reason": refund.reason,
        }
        await self._add(tx, "refund.approved", order.id, payload, cause)

    async def refund_rejected(
        self, tx: Transaction, *, order_id: str, refund_id: str, reason: str, cause: Envelope
    ) -> None:
        payload = {"refund_id": refund_id, "order_id": order_id, "reason": reason}
        await self._add(tx, "refund.rejected", order_id, payload, cause)

    async def checked_in(self, tx: Transaction, ticket: Ticket, at: datetime, *, undone: bool) -> None:
        """`ticket.checked_in` or `ticket.check_in_undone`."""
        payload = {
            "ticket_id": ticket.id,
            "order_id": ticket.order_id,
            "user_id": ticket.user_id,
            "showtime_id": ticket.showtime_id,
            "movie_id": ticket.movie_id,
            "seat_label": ticket.seat_label,
            "at": at,
        }
        name = "ticket.check_in_undone" if undone else "ticket.checked_in"
        await self._add(tx, name, ticket.id, payload, None)

    async def reseated(
        self, tx: Transaction, order: Order, showtime: Showtime, ticket: Ticket, *, previous: str
    ) -> None:
        payload = {
            "ticket_id": ticket.id,
            "order_id": order.id,
            "number": order.number,
            "user_id": order.user_id,
            "email": order.email,
            "locale": order.locale,
            "showtime_id": showtime.id,
            "movie_title": showtime.movie_title,
            "starts_at": showtime.starts_at,
            "time_zone": showtime.time_zone,
            "previous_seat_label": previous,
            "seat_label": ticket.seat_label,
            "qr_code": make_code(self.key, ticket.id, ticket.showtime_id, ticket.code_version),
        }
        await self._add(tx, "ticket.reseated", ticket.id, payload, None)

    async def seats_offered(
        self, tx: Transaction, entry: WaitlistEntry, showtime: Showtime, hold: Hold, labels: Sequence[str]
    ) -> None:
        payload = {
            "entry_id": entry.id,
            "user_id": entry.user_id,
            "email": entry.email,
            "locale": entry.locale,
            "showtime_id": showtime.id,
            "movie_id": showtime.movie_id,
            "movie_title": showtime.movie_title,
            "cinema_name": showtime.cinema_name,
            "starts_at": showtime.starts_at,
            "time_zone": showtime.time_zone,
            "seat_labels": list(labels),
            "expires_at": hold.expires_at,
            "hold_token": make_token(self.key, hold.id),
        }
        await self._add(tx, "waitlist.offered", entry.id, payload, None)

    async def voucher(
        self,
        tx: Transaction,
        how: str,
        *,
        code: str,
        user_id: str,
        order_id: str,
        cause: Envelope | None = None,
    ) -> None:
        """`voucher.used` or `voucher.released`."""
        payload = {"code": code, "user_id": user_id, "order_id": order_id}
        await self._add(tx, f"voucher.{how}", code, payload, cause)

    async def erased(self, tx: Transaction, user_id: str, cause: Envelope) -> None:
        await self._add(tx, "user.erased", user_id, {"user_id": user_id, "subgraph": "tickets"}, cause)

    async def _add(
        self, tx: Transaction, name: str, aggregate_id: str, payload: dict[str, Any], cause: Envelope | None
    ) -> None:
        await self.outbox.add_raw(tx, type=name, aggregate_id=aggregate_id, payload=payload, cause=cause)


def _order_payload(order: Order, showtime: Showtime) -> dict[str, Any]:
    return {
        "order_id": order.id,
        "number": order.number,
        "user_id": order.user_id,
        "email": order.email,
        "locale": order.locale,
        "showtime_id": order.showtime_id,
        "movie_id": order.movie_id,
        "movie_title": showtime.movie_title,
        "cinema_id": order.cinema_id,
        "cinema_name": showtime.cinema_name,
        "total": money(order.total, order.currency),
        "expires_at": order.expires_at,
        "seat_labels": order.seat_labels,
    }
