"""The provider's view of a payment, and the table of the facts that follow from it.

What the provider says when it is asked counts, never the order in which its webhooks arrive.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import assert_never

from marquee_subgraphs.kit.money import Money
from marquee_subgraphs.payments.domain.payment import (
    UNDECIDED,
    EventKind,
    PaymentEvent,
    PaymentState,
    PaymentStatus,
)


class IntentStatus(StrEnum):
    """The states of a payment intent, by Stripe's names."""

    REQUIRES_PAYMENT_METHOD = "requires_payment_method"
    REQUIRES_CONFIRMATION = "requires_confirmation"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    REQUIRES_CAPTURE = "requires_capture"
    CANCELED = "canceled"
    SUCCEEDED = "succeeded"


@dataclass(frozen=True, slots=True)
class Intent:
    """What the provider knows of one payment at the moment it answered."""

    provider_id: str
    payment_id: str | None
    """The id of our payment, from the metadata; None for an intent that was not made by payments."""
    status: IntentStatus
    amount: Money
    received: Money
    action_url: str | None = None
    failure_code: str | None = None
    failure_message: str | None = None

    @property
    def holds_money(self) -> bool:
        """True if it can still take money, and so must be cancelled when its payment is over."""
        return self.status not in {IntentStatus.CANCELED, IntentStatus.SUCCEEDED}


def facts_of(
    state: PaymentState, intent: Intent, *, sale_confirmed: bool, now: datetime
) -> list[PaymentEvent]:
    """Return the events that bring `state` up to what the provider says; none when it says nothing new.

    `sale_confirmed` is True when the seats are sold by this payment.
    """

    def fact(kind: EventKind) -> PaymentEvent:
        return PaymentEvent(kind, now, provider_id=intent.provider_id)

    status = state.status
    undecided = status in UNDECIDED
    match intent.status:
        case IntentStatus.REQUIRES_CONFIRMATION | IntentStatus.PROCESSING:
            return [fact(EventKind.UNANSWERED)] if status is PaymentStatus.CREATED else []
        case IntentStatus.REQUIRES_ACTION:
            fresh = status is not PaymentStatus.ACTION_REQUIRED or state.action_url != intent.action_url
            if not undecided or state.void_requested or not fresh:
                return []
            return [
                PaymentEvent(
                    EventKind.ACTION_REQUIRED, now, provider_id=intent.provider_id, url=intent.action_url
                )
            ]
        case IntentStatus.REQUIRES_CAPTURE:
            return [fact(EventKind.AUTHORIZED)] if undecided and not state.void_requested else []
        case IntentStatus.SUCCEEDED:
            captured = PaymentEvent(
                EventKind.CAPTURED, now, amount=intent.received, provider_id=intent.provider_id
            )
            # Somebody captured it in the provider's dashboard: `captured` may only follow `authorized`.
            if undecided:
                return [fact(EventKind.AUTHORIZED), captured]
            return [captured] if status is PaymentStatus.AUTHORIZED else []
        case IntentStatus.CANCELED:
            # The bank let the authorisation expire after the seats were sold: a void would leave the seats
            # sold and unpaid, a failed capture has tickets free them.
            if status is PaymentStatus.AUTHORIZED and sale_confirmed:
                return [_failure(EventKind.CAPTURE_FAILED, intent, now, "authorization_gone")]
            return [fact(EventKind.VOIDED)] if state.is_open else []
        case IntentStatus.REQUIRES_PAYMENT_METHOD:
            if not undecided:
                return []
            if state.void_requested:
                return [fact(EventKind.VOIDED)]
            return [_failure(EventKind.DECLINED, intent, now, "card_declined")]
    assert_never(intent.status)


def _failure(kind: EventKind, intent: Intent, now: datetime, code: str) -> PaymentEvent:
    return PaymentEvent(
        kind,
        now,
        provider_id=intent.provider_id,
        code=intent.failure_code or code,
        message=intent.failure_message or "The bank did not allow the payment.",
    )


def is_stray(state: PaymentState, intent: Intent) -> bool:
    """True if the provider still reserves money for a payment that is over here: cancel it."""
    over = state.status in {PaymentStatus.VOIDED, PaymentStatus.FAILED}
    return over and intent.holds_money and intent.status is not IntentStatus.REQUIRES_PAYMENT_METHOD
