"""A payment is what its events amount to, and only events that may follow are taken."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee_subgraphs.payments.domain.payment import (
    PAID,
    EventKind,
    IllegalTransition,
    PaymentEvent,
    PaymentState,
    PaymentStatus,
    apply,
    fold,
)
from tests.subgraphs.payments.money import soles

NOW = datetime(2026, 1, 15, 18, 0, tzinfo=UTC)
STARTED = PaymentEvent(EventKind.STARTED, NOW, amount=soles(4800))
ACTION = PaymentEvent(EventKind.ACTION_REQUIRED, NOW, provider_id="pi_1", url="http://bank/3ds")
AUTHORIZED = PaymentEvent(EventKind.AUTHORIZED, NOW, provider_id="pi_1")
CAPTURED = PaymentEvent(EventKind.CAPTURED, NOW, amount=soles(4800))
DECLINED = PaymentEvent(EventKind.DECLINED, NOW, code="insufficient_funds", message="No.")
CAPTURE_FAILED = PaymentEvent(EventKind.CAPTURE_FAILED, NOW, code="gone", message="No.")
UNANSWERED = PaymentEvent(EventKind.UNANSWERED, NOW)
VOID_REQUESTED = PaymentEvent(EventKind.VOID_REQUESTED, NOW)
VOIDED = PaymentEvent(EventKind.VOIDED, NOW)
RELEASED = PaymentEvent(EventKind.RELEASED, NOW)


def refunded(minor: int) -> PaymentEvent:
    """Money given back."""
    return PaymentEvent(EventKind.REFUNDED, NOW, amount=soles(minor), reference="rfd_1")


@pytest.mark.parametrize(
    ("events", "status"),
    [
        ([STARTED], PaymentStatus.CREATED),
        ([STARTED, UNANSWERED], PaymentStatus.UNKNOWN),
        ([STARTED, UNANSWERED, AUTHORIZED], PaymentStatus.AUTHORIZED),
        ([STARTED, UNANSWERED, DECLINED], PaymentStatus.FAILED),
        ([STARTED, ACTION], PaymentStatus.ACTION_REQUIRED),
        ([STARTED, ACTION, AUTHORIZED, CAPTURED], PaymentStatus.CAPTURED),
        ([STARTED, DECLINED], PaymentStatus.FAILED),
        ([STARTED, AUTHORIZED, CAPTURE_FAILED, RELEASED], PaymentStatus.FAILED),
        ([STARTED, AUTHORIZED, VOID_REQUESTED, VOIDED], PaymentStatus.VOIDED),
        ([STARTED, VOID_REQUESTED, VOIDED], PaymentStatus.VOIDED),
        ([STARTED, AUTHORIZED, CAPTURED, refunded(1)], PaymentStatus.PARTIALLY_REFUNDED),
        ([STARTED, AUTHORIZED, CAPTURED, refunded(1), refunded(4799)], PaymentStatus.REFUNDED),
    ],
)
def test_events_amount_to_a_status(events: list[PaymentEvent], status: PaymentStatus) -> None:
    state = fold(events)
    assert state.status is status
    assert state.version == len(events)


@pytest.mark.parametrize(
    ("events", "event"),
    [
        ([], AUTHORIZED),
        ([], replace(STARTED, amount=soles(0))),
        ([], replace(STARTED, amount=None)),
        ([STARTED], STARTED),
        ([STARTED], CAPTURED),
        ([STARTED], refunded(1)),
        ([STARTED], replace(ACTION, url=None)),
        ([STARTED, AUTHORIZED], DECLINED),
        ([STARTED, AUTHORIZED], UNANSWERED),
        ([STARTED, AUTHORIZED], replace(CAPTURED, amount=soles(4799))),
        ([STARTED, AUTHORIZED, CAPTURED], CAPTURED),
        ([STARTED, AUTHORIZED, CAPTURED], VOIDED),
        ([STARTED, AUTHORIZED, CAPTURED], refunded(4801)),
        ([STARTED, AUTHORIZED, CAPTURED], refunded(0)),
        ([STARTED, AUTHORIZED, CAPTURED, refunded(4800)], refunded(1)),
        ([STARTED, VOIDED], AUTHORIZED),
        ([STARTED, VOID_REQUESTED], VOID_REQUESTED),
        ([STARTED, DECLINED], RELEASED),
        ([STARTED, AUTHORIZED, CAPTURE_FAILED, RELEASED], RELEASED),
    ],
)
def test_what_may_not_follow_is_refused(events: list[PaymentEvent], event: PaymentEvent) -> None:
    state = fold(events) if events else None
    with pytest.raises(IllegalTransition):
        apply(state, event)


def test_a_payment_without_events_is_none() -> None:
    with pytest.raises(IllegalTransition):
        fold([])


def test_a_failure_is_remembered_and_a_question_forgotten() -> None:
    state = fold([STARTED, ACTION, DECLINED])
    assert (state.failure_code, state.failure_message, state.action_url) == (
        "insufficient_funds",
        "No.",
        None,
    )
    assert state.provider_id == "pi_1"


EVENTS = st.sampled_from(
    [
        ACTION,
        AUTHORIZED,
        CAPTURED,
        DECLINED,
        CAPTURE_FAILED,
        UNANSWERED,
        VOID_REQUESTED,
        VOIDED,
        RELEASED,
        refunded(1),
        refunded(4000),
        refunded(4800),
    ]
)


@given(st.lists(EVENTS, max_size=30))
def test_whatever_happens_no_more_is_given_back_than_taken(events: list[PaymentEvent]) -> None:
    state: PaymentState = fold([STARTED])
    taken = [STARTED]
    for event in events:
        try:
            state = apply(state, event)
        except IllegalTransition:
            continue
        taken.append(event)
    assert soles(0) <= state.refunded <= state.captured <= state.amount
    assert (state.captured > soles(0)) == (state.status in PAID)
    assert fold(taken) == state
    assert state.version == len(taken)
