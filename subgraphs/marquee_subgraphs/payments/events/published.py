"""The events that payments publishes. None contains a card.

A payment is an aggregate of its own; refunds belong to the aggregate of their order.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from marquee_subgraphs.kit.events import PublishedEvent
from marquee_subgraphs.kit.money import Money
from marquee_subgraphs.payments.domain.order import Order
from marquee_subgraphs.payments.domain.payment import EventKind, PaymentEvent, PaymentState
from marquee_subgraphs.payments.domain.records import PaymentRecord, RefundRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfPayment(PublishedEvent):
    payment_id: str
    order_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentStarted(_OfPayment):
    """A customer pays: tickets is asked to keep the seats until `lease_until`."""

    TYPE = "payment.started"
    lease_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentAuthorized(_OfPayment):
    """The bank has reserved the money: tickets may sell the seats."""

    TYPE = "payment.authorized"
    amount: Money


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentCaptured(_OfPayment):
    """The money was taken."""

    TYPE = "payment.captured"
    user_id: str | None
    movie_id: str
    showtime_id: str
    cinema_id: str
    amount: Money
    seat_count: int


class FailureStage(StrEnum):
    """Which step of a payment failed."""

    AUTHORIZATION = "authorization"
    """The card was declined; the order may be paid by another card."""
    CAPTURE = "capture"
    """The seats are sold, and their money will never come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentFailed(_OfPayment):
    """The card was declined, or the reserved money could not be taken."""

    TYPE = "payment.failed"
    stage: FailureStage
    code: str | None
    message: str | None


class PaymentVoided(_OfPayment):
    """The payment ended and nothing was taken."""

    TYPE = "payment.voided"


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfRefund(PublishedEvent):
    refund_id: str
    payment_id: str
    order_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundRequested(_OfRefund):
    """Staff wants to give back all that is left: tickets decides, because it gives up the tickets."""

    TYPE = "refund.requested"
    amount: Money
    reason: str
    by: str | None

    @classmethod
    def of(cls, refund: RefundRecord) -> RefundRequested:
        """Return the event of a refund that waits for tickets' decision."""
        return cls(
            refund_id=refund.id,
            payment_id=refund.payment_id,
            order_id=refund.order_id,
            amount=refund.amount,
            reason=refund.reason,
            by=refund.requested_by,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundCompleted(_OfRefund):
    """The provider has given the money back."""

    TYPE = "refund.completed"
    user_id: str | None
    movie_id: str
    showtime_id: str
    cinema_id: str
    amount: Money
    refunded_total: Money
    """The sum of all refunds of the payment so far."""
    ticket_ids: tuple[str, ...]
    whole: bool
    """True when nothing of the payment is left."""

    @classmethod
    def of(cls, refund: RefundRecord, order: Order, state: PaymentState) -> RefundCompleted:
        """Return the event of a refund; `state` is the payment after it."""
        return cls(
            refund_id=refund.id,
            payment_id=refund.payment_id,
            order_id=refund.order_id,
            user_id=order.user_id,
            movie_id=order.movie_id,
            showtime_id=order.showtime_id,
            cinema_id=order.cinema_id,
            amount=refund.amount,
            refunded_total=state.refunded,
            ticket_ids=refund.ticket_ids,
            whole=state.refunded == state.captured,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundFailed(_OfRefund):
    """The money stays where it is: nothing was left, or the provider refused."""

    TYPE = "refund.failed"
    reason: str

    @classmethod
    def of(cls, refund: RefundRecord, reason: str) -> RefundFailed:
        """Return the event of a refund that failed for `reason`, as `nothing_left`."""
        return cls(refund_id=refund.id, payment_id=refund.payment_id, order_id=refund.order_id, reason=reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserErased(PublishedEvent):
    """The receipt of an erasure: no payment leads to the person any more. The aggregate is the user."""

    TYPE = "user.erased"
    user_id: str
    subgraph: str


def event_of(payment: PaymentRecord, order: Order, fact: PaymentEvent) -> PublishedEvent | None:
    """Return what to publish about a new fact of a payment; None for facts that concern payments alone."""
    match fact.kind:
        case EventKind.AUTHORIZED:
            return PaymentAuthorized(
                payment_id=payment.id, order_id=payment.order_id, amount=payment.state.amount
            )
        case EventKind.CAPTURED:
            return PaymentCaptured(
                payment_id=payment.id,
                order_id=payment.order_id,
                user_id=order.user_id,
                movie_id=order.movie_id,
                showtime_id=order.showtime_id,
                cinema_id=order.cinema_id,
                amount=payment.state.amount,
                seat_count=order.seat_count,
            )
        case EventKind.DECLINED | EventKind.CAPTURE_FAILED:
            at_capture = fact.kind is EventKind.CAPTURE_FAILED
            return PaymentFailed(
                payment_id=payment.id,
                order_id=payment.order_id,
                stage=FailureStage.CAPTURE if at_capture else FailureStage.AUTHORIZATION,
                code=fact.code,
                message=fact.message,
            )
        case EventKind.VOIDED:
            return PaymentVoided(payment_id=payment.id, order_id=payment.order_id)
        case _:
            return None
