"""What a payment needs next, from its own state and its order's: the one decision that the checkout, events,
webhooks and the reconciler all drive by, so that they converge whichever comes first.
"""

from __future__ import annotations

from enum import Enum, auto
from typing import assert_never

from marquee_subgraphs.payments.domain.order import Order
from marquee_subgraphs.payments.domain.payment import PaymentState, PaymentStatus


class Step(Enum):
    """The next thing to do."""

    AUTHORIZE = auto()
    """Ask the provider, by the payment's key, to authorise; asking again is harmless."""
    AWAIT_CUSTOMER = auto()
    """The bank is asking its customer."""
    AWAIT_SALE = auto()
    """Tickets is selling the seats."""
    CAPTURE = auto()
    VOID = auto()
    RELEASE = auto()
    """The capture failed for good: let go of the authorisation, as far as there is one."""
    RETURN = auto()
    """Money was taken for an order that was never sold: give it back."""
    NOTHING = auto()


def next_step(payment_id: str, state: PaymentState, order: Order) -> Step:
    """Decide what is to be done for a payment."""
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
