"""The events that tickets consumes, each with the fields that its handler reads."""

from __future__ import annotations

from dataclasses import dataclass

from marquee_subgraphs.kit.events import Amount, ConsumedEvent, Instant, Text
from marquee_subgraphs.tickets.domain.layout import SeatKind, SeatPlace
from marquee_subgraphs.tickets.domain.vouchers import VoucherKind


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledSeat:
    """One seat of a showtime's layout."""

    label: Text
    row: str
    number: int
    kind: SeatKind
    x: float
    y: float
    companion_of: str | None = None
    blocked: bool | None = None

    def place(self) -> SeatPlace:
        """Return the seat as the layout keeps it."""
        return SeatPlace(self.label, self.row, self.number, self.kind, self.x, self.y, self.companion_of)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowtimeScheduled(ConsumedEvent):
    """There is a new showtime."""

    TYPES = ("showtime.scheduled",)
    showtime_id: Text
    movie_id: Text
    movie_title: Text
    cinema_id: Text
    cinema_name: Text
    time_zone: Text
    starts_at: Instant
    ends_at: Instant
    sales_close_at: Instant
    base_price: Amount
    seats: tuple[ScheduledSeat, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowtimeRescheduled(ConsumedEvent):
    """A showtime starts at another time."""

    TYPES = ("showtime.rescheduled",)
    showtime_id: Text
    starts_at: Instant
    ends_at: Instant
    sales_close_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowtimeCancelled(ConsumedEvent):
    """A showtime will not take place."""

    TYPES = ("showtime.cancelled",)
    showtime_id: Text
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentStarted(ConsumedEvent):
    """A customer pays, and asks for the seats until `lease_until`."""

    TYPES = ("payment.started",)
    order_id: Text
    lease_until: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentAuthorized(ConsumedEvent):
    """The bank has reserved the money."""

    TYPES = ("payment.authorized",)
    order_id: Text
    payment_id: Text
    amount: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentCaptured(ConsumedEvent):
    """The money was taken."""

    TYPES = ("payment.captured",)
    order_id: Text
    payment_id: Text
    amount: Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentFailed(ConsumedEvent):
    """The card was declined, or at the stage `capture` the money could not be taken."""

    TYPES = ("payment.failed",)
    order_id: Text
    payment_id: Text
    stage: str | None = None
    code: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentVoided(ConsumedEvent):
    """The payment ended and nothing was taken."""

    TYPES = ("payment.voided",)
    order_id: Text
    payment_id: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequested(ConsumedEvent):
    """Staff wants to give back all that is left of a payment."""

    TYPES = ("refund.requested",)
    order_id: Text
    refund_id: Text
    amount: Amount
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundCompleted(ConsumedEvent):
    """Some or all of a payment was given back."""

    TYPES = ("refund.completed",)
    order_id: Text
    refund_id: Text
    refunded_total: Amount
    """The sum of all refunds of the payment so far."""
    ticket_ids: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundFailed(ConsumedEvent):
    """The money of a refund stays where it is."""

    TYPES = ("refund.failed",)
    order_id: Text
    refund_id: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class VoucherIssued(ConsumedEvent):
    """A member got a voucher."""

    TYPES = ("voucher.issued",)
    code: Text
    user_id: Text
    kind: VoucherKind
    value: Amount | None = None
    percent: int | None = None
    expires_at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class MembershipTier(ConsumedEvent):
    """A person joined, or the tier of a member changed."""

    TYPES = ("membership.joined", "membership.tier_changed")
    user_id: Text
    tier: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class UserErasureRequested(ConsumedEvent):
    """A person asks to be forgotten."""

    TYPES = ("user.erasure_requested",)
    user_id: Text
