"""The events that loyalty consumes, each with the fields that its handler reads."""

from __future__ import annotations

from dataclasses import dataclass

from marquee_subgraphs.kit.events import Amount, ConsumedEvent, Instant, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class UserRegistered(ConsumedEvent):
    """There is a new person."""

    TYPES = ("user.registered",)
    user_id: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class UserErasureRequested(ConsumedEvent):
    """A person asks to be forgotten."""

    TYPES = ("user.erasure_requested",)
    user_id: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowtimeScheduled(ConsumedEvent):
    """There is a new showtime."""

    TYPES = ("showtime.scheduled",)
    showtime_id: Text
    movie_title: Text
    starts_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowtimeRescheduled(ConsumedEvent):
    """A showtime starts at another time."""

    TYPES = ("showtime.rescheduled",)
    showtime_id: Text
    starts_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowtimeCancelled(ConsumedEvent):
    """A showtime will not take place."""

    TYPES = ("showtime.cancelled",)
    showtime_id: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderPaid(ConsumedEvent):
    """The fields that the events of a payment share."""

    payment_id: Text
    order_id: Text
    user_id: str | None = None
    """None for a guest."""
    showtime_id: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentCaptured(OrderPaid):
    """An order was paid."""

    TYPES = ("payment.captured",)
    amount: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundCompleted(OrderPaid):
    """Some or all of a payment was given back."""

    TYPES = ("refund.completed",)
    refunded_total: Amount
    """The sum of all refunds of the payment so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherUsed(ConsumedEvent):
    """An order took a voucher."""

    TYPES = ("voucher.used",)
    code: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherReleased(ConsumedEvent):
    """The order that took a voucher gave it back."""

    TYPES = ("voucher.released",)
    code: Text
