"""The events that tickets publishes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Self

from marquee_subgraphs.kit.events import PublishedEvent
from marquee_subgraphs.kit.money import Money
from marquee_subgraphs.tickets.domain.codes import make_code, make_token
from marquee_subgraphs.tickets.domain.holds import Hold
from marquee_subgraphs.tickets.domain.orders import Order, Ticket
from marquee_subgraphs.tickets.domain.refunds import Refund
from marquee_subgraphs.tickets.domain.showtimes import Showtime
from marquee_subgraphs.tickets.domain.waitlist import WaitlistEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatsChanged(PublishedEvent):
    """The fields that the events of seats share. The aggregate is the showtime."""

    showtime_id: str
    seat_labels: tuple[str, ...]


class SeatsHeld(SeatsChanged):
    """Somebody holds these seats."""

    TYPE = "seats.held"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatsReleased(SeatsChanged):
    """These seats are free again: a hold ended, or an order gave them back."""

    TYPE = "seats.released"
    order_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatsSold(SeatsChanged):
    """An order bought these seats."""

    TYPE = "seats.sold"
    order_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPlaced(PublishedEvent):
    """An order waits for its payment. The aggregate is the order."""

    TYPE = "order.placed"
    order_id: str
    number: str
    user_id: str | None
    email: str | None
    locale: str
    showtime_id: str
    movie_id: str
    movie_title: str
    cinema_id: str
    cinema_name: str
    total: Money
    expires_at: datetime | None
    seat_labels: tuple[str, ...]

    @classmethod
    def of(cls, order: Order, showtime: Showtime) -> OrderPlaced:
        """Return the event of a new order."""
        return cls(
            order_id=order.id,
            number=order.number,
            user_id=order.user_id,
            email=order.email,
            locale=order.locale,
            showtime_id=order.showtime_id,
            movie_id=order.movie_id,
            movie_title=showtime.movie_title,
            cinema_id=order.cinema_id,
            cinema_name=showtime.cinema_name,
            total=order.total,
            expires_at=order.expires_at,
            seat_labels=tuple(order.seat_labels),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SoldTicket:
    """One ticket of an order that was confirmed; `qr_code` opens the door."""

    ticket_id: str
    seat_label: str
    kind: str
    price: Money
    qr_code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderConfirmed(OrderPlaced):
    """The seats of an order are sold. The aggregate is the order."""

    TYPE = "order.confirmed"
    payment_id: str | None
    """None for an order whose total is zero."""
    subtotal: Money
    discount: Money
    booking_fee: Money
    tax: Money
    starts_at: datetime
    time_zone: str
    tickets: tuple[SoldTicket, ...]

    @classmethod
    def of_sale(
        cls, order: Order, showtime: Showtime, tickets: Sequence[Ticket], key: bytes
    ) -> OrderConfirmed:
        """Return the event of an order that was sold; `key` signs the codes of its tickets."""
        facts = OrderPlaced.of(order, showtime)
        return cls(
            **{field.name: getattr(facts, field.name) for field in fields(facts)},
            payment_id=order.payment_id,
            subtotal=order.subtotal,
            discount=order.discount,
            booking_fee=order.booking_fee,
            tax=order.tax,
            starts_at=showtime.starts_at,
            time_zone=showtime.time_zone,
            tickets=tuple(
                SoldTicket(
                    ticket_id=ticket.id,
                    seat_label=ticket.seat_label,
                    kind=ticket.kind,
                    price=ticket.net,
                    qr_code=make_code(key, ticket.id, ticket.showtime_id, ticket.code_version),
                )
                for ticket in tickets
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSaleRefused(PublishedEvent):
    """An authorised payment gets no seats: payments voids it. The aggregate is the order."""

    TYPE = "order.sale_refused"
    order_id: str
    payment_id: str
    user_id: str | None
    email: str | None
    locale: str
    reason: str

    @classmethod
    def of(cls, order: Order, payment_id: str, reason: str) -> OrderSaleRefused:
        """Return the event of a refused payment; `reason` is a code, as `SEATS_LOST`."""
        return cls(
            order_id=order.id,
            payment_id=payment_id,
            user_id=order.user_id,
            email=order.email,
            locale=order.locale,
            reason=reason,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderEnded(PublishedEvent):
    """The fields that the events of an order's end share. The aggregate is the order."""

    order_id: str
    number: str
    user_id: str | None
    email: str | None
    locale: str
    showtime_id: str
    movie_title: str
    reason: str | None

    @classmethod
    def of(cls, order: Order, showtime: Showtime) -> Self:
        """Return the event of an order that ended; its `failure_reason` says why."""
        return cls(
            order_id=order.id,
            number=order.number,
            user_id=order.user_id,
            email=order.email,
            locale=order.locale,
            showtime_id=order.showtime_id,
            movie_title=showtime.movie_title,
            reason=order.failure_reason,
        )


class OrderExpired(OrderEnded):
    """Nobody paid the order in time."""

    TYPE = "order.expired"


class OrderFailed(OrderEnded):
    """The seats were lost, or their money never came."""

    TYPE = "order.failed"


class OrderCancelled(OrderEnded):
    """The customer or staff cancelled an order that was not paid."""

    TYPE = "order.cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundApproved(PublishedEvent):
    """Tickets are given up: payments gives the money back. The aggregate is the order."""

    TYPE = "refund.approved"
    refund_id: str
    order_id: str
    payment_id: str
    amount: Money
    ticket_ids: tuple[str, ...]
    reason: str

    @classmethod
    def of(cls, refund: Refund) -> RefundApproved:
        """Return the event of a refund that was decided."""
        return cls(
            refund_id=refund.id,
            order_id=refund.order_id,
            payment_id=refund.payment_id,
            amount=refund.amount,
            ticket_ids=tuple(refund.ticket_ids),
            reason=refund.reason,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRejected(PublishedEvent):
    """A refund that staff requested gives up no ticket. The aggregate is the order."""

    TYPE = "refund.rejected"
    refund_id: str
    order_id: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketScanned(PublishedEvent):
    """The fields that the events of check-in share. The aggregate is the ticket."""

    ticket_id: str
    order_id: str
    user_id: str | None
    showtime_id: str
    movie_id: str
    seat_label: str
    at: datetime

    @classmethod
    def of(cls, ticket: Ticket, at: datetime) -> Self:
        """Return the event of a ticket at the door."""
        return cls(
            ticket_id=ticket.id,
            order_id=ticket.order_id,
            user_id=ticket.user_id,
            showtime_id=ticket.showtime_id,
            movie_id=ticket.movie_id,
            seat_label=ticket.seat_label,
            at=at,
        )


class TicketCheckedIn(TicketScanned):
    """Somebody entered with the ticket."""

    TYPE = "ticket.checked_in"


class TicketCheckInUndone(TicketScanned):
    """Staff took a check-in back."""

    TYPE = "ticket.check_in_undone"


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketReseated(PublishedEvent):
    """A ticket moved to another seat, and its old code opens no door. The aggregate is the ticket."""

    TYPE = "ticket.reseated"
    ticket_id: str
    order_id: str
    number: str
    user_id: str | None
    email: str | None
    locale: str
    showtime_id: str
    movie_title: str
    starts_at: datetime
    time_zone: str
    previous_seat_label: str
    seat_label: str
    qr_code: str

    @classmethod
    def of(
        cls, ticket: Ticket, order: Order, showtime: Showtime, *, previous: str, key: bytes
    ) -> TicketReseated:
        """Return the event of a ticket that moved from the seat `previous`; `key` signs its code."""
        return cls(
            ticket_id=ticket.id,
            order_id=order.id,
            number=order.number,
            user_id=order.user_id,
            email=order.email,
            locale=order.locale,
            showtime_id=showtime.id,
            movie_title=showtime.movie_title,
            starts_at=showtime.starts_at,
            time_zone=showtime.time_zone,
            previous_seat_label=previous,
            seat_label=ticket.seat_label,
            qr_code=make_code(key, ticket.id, ticket.showtime_id, ticket.code_version),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitlistOffered(PublishedEvent):
    """Seats are held for somebody on a waitlist. The aggregate is the entry."""

    TYPE = "waitlist.offered"
    entry_id: str
    user_id: str | None
    email: str | None
    locale: str
    showtime_id: str
    movie_id: str
    movie_title: str
    cinema_name: str
    starts_at: datetime
    time_zone: str
    seat_labels: tuple[str, ...]
    expires_at: datetime
    hold_token: str

    @classmethod
    def of(
        cls, entry: WaitlistEntry, showtime: Showtime, hold: Hold, *, labels: Sequence[str], key: bytes
    ) -> WaitlistOffered:
        """Return the event of an offer; `key` signs the token of its hold."""
        return cls(
            entry_id=entry.id,
            user_id=entry.user_id,
            email=entry.email,
            locale=entry.locale,
            showtime_id=showtime.id,
            movie_id=showtime.movie_id,
            movie_title=showtime.movie_title,
            cinema_name=showtime.cinema_name,
            starts_at=showtime.starts_at,
            time_zone=showtime.time_zone,
            seat_labels=tuple(labels),
            expires_at=hold.expires_at,
            hold_token=make_token(key, hold.id),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherMoved(PublishedEvent):
    """The fields that the events of a voucher share. The aggregate is the voucher."""

    code: str
    user_id: str
    order_id: str


class VoucherUsed(VoucherMoved):
    """An order took the voucher."""

    TYPE = "voucher.used"


class VoucherReleased(VoucherMoved):
    """The order that took the voucher gave it back."""

    TYPE = "voucher.released"


@dataclass(frozen=True, slots=True, kw_only=True)
class UserErased(PublishedEvent):
    """The receipt of an erasure: no order leads to the person any more. The aggregate is the user."""

    TYPE = "user.erased"
    user_id: str
    subgraph: str
