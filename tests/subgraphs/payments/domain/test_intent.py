"""The decision table: what follows from each word of the provider in each state of a payment."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from marquee_subgraphs.payments.domain.intent import Intent, IntentStatus, facts_of, is_stray
from marquee_subgraphs.payments.domain.payment import EventKind, PaymentEvent, PaymentState, apply, fold
from tests.subgraphs.payments.domain.test_payment import (
    ACTION,
    AUTHORIZED,
    CAPTURE_FAILED,
    CAPTURED,
    DECLINED,
    NOW,
    STARTED,
    UNANSWERED,
    VOID_REQUESTED,
    VOIDED,
    refunded,
)
from tests.subgraphs.payments.money import soles

STATES: dict[str, list[PaymentEvent]] = {
    "created": [STARTED],
    "unknown": [STARTED, UNANSWERED],
    "asking": [STARTED, ACTION],
    "authorized": [STARTED, AUTHORIZED],
    "voiding": [STARTED, VOID_REQUESTED],
    "voiding authorized": [STARTED, AUTHORIZED, VOID_REQUESTED],
    "captured": [STARTED, AUTHORIZED, CAPTURED],
    "refunded": [STARTED, AUTHORIZED, CAPTURED, refunded(4800)],
    "failed": [STARTED, DECLINED],
    "capture failed": [STARTED, AUTHORIZED, CAPTURE_FAILED],
    "voided": [STARTED, VOIDED],
}

TABLE = """
                     method      confirm     action  processing  capture      canceled  succeeded
created              declined    unanswered  action  unanswered  authorized   voided    authorized+captured
unknown              declined    -           action  -           authorized   voided    authorized+captured
asking               declined    -           -       -           authorized   voided    authorized+captured
authorized           -           -           -       -           -            voided    captured
voiding              voided      unanswered  -       unanswered  -            voided    authorized+captured
voiding authorized   -           -           -       -           -            voided    captured
captured             -           -           -       -           -            -         -
refunded             -           -           -       -           -            -         -
failed               -           -           -       -           -            -         -
capture failed       -           -           -       -           -            -         -
voided               -           -           -       -           -            -         -
"""
COLUMNS = {
    "method": IntentStatus.REQUIRES_PAYMENT_METHOD,
    "confirm": IntentStatus.REQUIRES_CONFIRMATION,
    "action": IntentStatus.REQUIRES_ACTION,
    "processing": IntentStatus.PROCESSING,
    "capture": IntentStatus.REQUIRES_CAPTURE,
    "canceled": IntentStatus.CANCELED,
    "succeeded": IntentStatus.SUCCEEDED,
}
SHORT = {EventKind.ACTION_REQUIRED: "action"}


def said(status: IntentStatus) -> Intent:
    """The provider's word."""
    return Intent(
        provider_id="pi_1",
        payment_id="pay_1",
        status=status,
        amount=soles(4800),
        received=soles(4800 if status is IntentStatus.SUCCEEDED else 0),
        action_url="http://bank/3ds" if status is IntentStatus.REQUIRES_ACTION else None,
    )


def facts(state: PaymentState, status: IntentStatus, *, sold: bool = False) -> list[PaymentEvent]:
    """What follows."""
    return facts_of(state, said(status), sale_confirmed=sold, now=NOW)


def test_the_table() -> None:
    lines = [line for line in TABLE.splitlines() if line.strip()]
    assert lines[0].split() == list(COLUMNS)
    assert [line[:19].strip() for line in lines[1:]] == list(STATES)
    for line, events in zip(lines[1:], STATES.values(), strict=True):
        state = fold(events)
        for cell, status in zip(line[19:].split(), COLUMNS.values(), strict=True):
            kinds = [SHORT.get(event.kind, event.kind.value) for event in facts(state, status)]
            assert "+".join(kinds or ["-"]) == cell, (line[:19].strip(), status)


@pytest.mark.parametrize(
    ("name", "status", "sold"), list(itertools.product(STATES, IntentStatus, [True, False]))
)
def test_what_follows_may_follow_and_is_news_once(name: str, status: IntentStatus, sold: bool) -> None:
    state = fold(STATES[name])
    for event in facts(state, status, sold=sold):
        state = apply(state, event)
    assert facts(state, status, sold=sold) == []


def test_an_authorisation_that_is_gone_after_the_sale_is_a_failed_capture() -> None:
    state = fold(STATES["authorized"])
    [failed] = facts(state, IntentStatus.CANCELED, sold=True)
    assert (failed.kind, failed.code) == (EventKind.CAPTURE_FAILED, "authorization_gone")


def test_another_address_of_the_question_is_news() -> None:
    state = fold(STATES["asking"])
    moved = replace(said(IntentStatus.REQUIRES_ACTION), action_url="http://bank/other")
    [event] = facts_of(state, moved, sale_confirmed=False, now=NOW)
    assert event.url == "http://bank/other"


@pytest.mark.parametrize("name", STATES)
@pytest.mark.parametrize("status", IntentStatus)
def test_money_held_for_what_is_over_is_let_go(name: str, status: IntentStatus) -> None:
    over = name in {"failed", "capture failed", "voided"}
    holds = status in {
        IntentStatus.REQUIRES_CONFIRMATION,
        IntentStatus.REQUIRES_ACTION,
        IntentStatus.PROCESSING,
        IntentStatus.REQUIRES_CAPTURE,
    }
    assert is_stray(fold(STATES[name]), said(status)) == (over and holds)
