"""Which facts payments itself adds to a payment, decided on the state as it is when they are written.

Each function returns the events to append, and none when they no longer follow: between the provider's answer
and the transaction that writes it, a webhook may have written the same fact.
"""

from __future__ import annotations

from datetime import datetime

from marquee_subgraphs.payments.domain.order import Order
from marquee_subgraphs.payments.domain.payment import (
    UNDECIDED,
    EventKind,
    PaymentEvent,
    PaymentState,
    PaymentStatus,
)
from marquee_subgraphs.payments.domain.steps import Step, next_step


def unanswered(state: PaymentState, now: datetime) -> list[PaymentEvent]:
    """The provider did not answer the first request to authorise."""
    return [PaymentEvent(EventKind.UNANSWERED, now)] if state.status is PaymentStatus.CREATED else []


def declined(state: PaymentState, code: str, message: str, now: datetime) -> list[PaymentEvent]:
    """The provider refused to authorise."""
    if state.status not in UNDECIDED:
        return []
    return [PaymentEvent(EventKind.DECLINED, now, code=code, message=message)]


def capture_failed(state: PaymentState, code: str, message: str, now: datetime) -> list[PaymentEvent]:
    """The provider refused to take what it had authorised."""
    if state.status is not PaymentStatus.AUTHORIZED:
        return []
    return [PaymentEvent(EventKind.CAPTURE_FAILED, now, code=code, message=message)]


def void_requested(payment_id: str, state: PaymentState, order: Order, now: datetime) -> list[PaymentEvent]:
    """The order needs this payment no more; from now on nothing authorises or captures it."""
    if state.void_requested or next_step(payment_id, state, order) is not Step.VOID:
        return []
    return [PaymentEvent(EventKind.VOID_REQUESTED, now, message="The order is over.")]


def released(state: PaymentState, now: datetime) -> list[PaymentEvent]:
    """The authorisation of a failed capture was cancelled."""
    if not state.capture_failed or state.released:
        return []
    return [PaymentEvent(EventKind.RELEASED, now)]
