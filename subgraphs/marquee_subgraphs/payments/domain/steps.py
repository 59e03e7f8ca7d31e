"""The next step of a payment, from its own state and its order's.

Everything that moves a payment on (checkout, events, webhooks, reconciliation) asks this one function, so all
of them arrive at the same end, whichever comes first.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import assert_never

from marquee_subgraphs.payments.domain.order import Order
from marquee_subgraphs.payments.domain.payment import PaymentState, PaymentStatus


class Step(Enum):
    """A step of a payment."""

    AUTHORIZE = auto()
    """Ask the provider to authorise. The payment's key makes a repetition harmless."""
    AWAIT_CUSTOMER = auto()
    """The bank is asking its customer (3-D Secure)."""
    AWAIT_SALE = auto()
    """Tickets is selling the seats."""
    CAPTURE = auto()
    VOID = auto()
    RELEASE = auto()
    """The capture failed for good: cancel the authorisation, so that the customer's money is free again."""
    RETURN = auto()
    """Money was taken for an order that was not sold by this payment: give it back."""
    NOTHING = auto()


def next_step(payment_id: str, state: PaymentState, order: Order) -> Step:
    """Return the next step of a payment."""
    unwanted = state.void_requested or not order.wants(payment_id)
    match state.status:
        case PaymentStatus.CREATED | PaymentStatus.UNKNOWN:
            return Step.VOID if unwanted else Step.AUTHORIZE
        case PaymentStatus.ACTION_REQUIRED:
            return Step.VOID if unwanted else Step.AWAIT_CUSTOMER
        case PaymentStatus.AUTHORIZED:
            if unwanted:
                return Step.VOID
            return Step.CAPTURE if order.is_sold_by(payment_id) else Step.AWAIT_SALE
        case PaymentStatus.CAPTURED | PaymentStatus.PARTIALLY_REFUNDED:
            return Step.RETURN if unwanted and not order.is_sold_by(payment_id) else Step.NOTHING
        case PaymentStatus.FAILED:
            return Step.RELEASE if state.capture_failed and not state.released else Step.NOTHING
        case PaymentStatus.VOIDED | PaymentStatus.REFUNDED:
            return Step.NOTHING
    assert_never(state.status)
