"""The events that payments consumes, each with the fields that its handler reads."""

from __future__ import annotations

from dataclasses import dataclass

from marquee_subgraphs.kit.events import Amount, ConsumedEvent, Instant, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class _OrderFacts(ConsumedEvent):
    order_id: Text
    number: Text
    user_id: str | None = None
    """None for a guest."""
    showtime_id: Text
    movie_id: Text
    cinema_id: Text
    total: Amount
    seat_labels: tuple[str, ...]
    expires_at: Instant | None = None
    """None for an order that is confirmed: it no longer expires."""


class OrderPlaced(_OrderFacts):
    """An order waits for its payment."""

    TYPES = ("order.placed",)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderConfirmed(_OrderFacts):
    """The seats of an order are sold by one payment."""

    TYPES = ("order.confirmed",)
    payment_id: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderClosed(ConsumedEvent):
    """An order ended without a sale."""

    TYPES = ("order.sale_refused", "order.expired", "order.failed", "order.cancelled")
    order_id: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundApproved(ConsumedEvent):
    """Tickets gives up the tickets, by itself or because a refund was requested."""

    TYPES = ("refund.approved",)
    refund_id: Text
    payment_id: Text
    amount: Amount
    ticket_ids: tuple[str, ...] | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRejected(ConsumedEvent):
    """Tickets does not give up the tickets of a refund that was requested."""

    TYPES = ("refund.rejected",)
    refund_id: Text
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class UserErasureRequested(ConsumedEvent):
    """A person asks to be forgotten."""

    TYPES = ("user.erasure_requested",)
    user_id: Text
