"""A payment: the fold of its append-only events. Only this module says which event may follow which.

CREATED ──> ACTION_REQUIRED ──> AUTHORIZED ──> CAPTURED ──> PARTIALLY_REFUNDED ──> REFUNDED
   └──> UNKNOWN ──┘                  └──> VOIDED, FAILED (from every state before CAPTURED)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final, assert_never

from marquee_subgraphs.kit.money import Money


class PaymentStatus(StrEnum):
    """The state of a payment, as clients see it."""

    CREATED = "CREATED"
    ACTION_REQUIRED = "ACTION_REQUIRED"
    AUTHORIZED = "AUTHORIZED"
    CAPTURED = "CAPTURED"
    PARTIALLY_REFUNDED = "PARTIALLY_REFUNDED"
    REFUNDED = "REFUNDED"
    FAILED = "FAILED"
    VOIDED = "VOIDED"
    UNKNOWN = "UNKNOWN"


class EventKind(StrEnum):
    """The kinds of facts about a payment."""

    STARTED = "started"
    UNANSWERED = "unanswered"
    ACTION_REQUIRED = "action_required"
    AUTHORIZED = "authorized"
    DECLINED = "declined"
    VOID_REQUESTED = "void_requested"
    VOIDED = "voided"
    CAPTURED = "captured"
    CAPTURE_FAILED = "capture_failed"
    RELEASED = "released"
    REFUNDED = "refunded"


UNDECIDED: Final = frozenset({PaymentStatus.CREATED, PaymentStatus.UNKNOWN, PaymentStatus.ACTION_REQUIRED})
"""The bank has neither granted nor declined."""

OPEN: Final = UNDECIDED | {PaymentStatus.AUTHORIZED}
"""Neither paid nor over: there is a step to take or to wait for."""

PAID: Final = frozenset({PaymentStatus.CAPTURED, PaymentStatus.PARTIALLY_REFUNDED, PaymentStatus.REFUNDED})
"""The money was taken, whatever was given back since."""


class IllegalTransition(Exception):
    """An event cannot follow the earlier ones: a bug, or two writers of one payment."""


@dataclass(frozen=True, slots=True)
class PaymentEvent:
    """One fact about a payment; which fields are set depends on `kind`."""

    kind: EventKind
    at: datetime
    amount: Money | None = None
    """Of the payment (started), taken (captured) or given back (refunded)."""
    provider_id: str | None = None
    code: str | None = None
    message: str | None = None
    url: str | None = None
    reference: str | None = None
    """The refund that gave money back."""


@dataclass(frozen=True, slots=True)
class PaymentState:
    """The state after the events so far; `version` is their number."""

    status: PaymentStatus
    version: int
    amount: Money
    captured: Money
    refunded: Money
    started_at: datetime
    updated_at: datetime
    provider_id: str | None = None
    action_url: str | None = None
    failure_code: str | None = None
    failure_message: str | None = None
    void_requested: bool = False
    capture_failed: bool = False
    released: bool = False

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def refundable(self) -> Money:
        return self.captured - self.refunded


def fold(events: Iterable[PaymentEvent]) -> PaymentState:
    """Return the state of a payment after all its events, in order. Raises `IllegalTransition`."""
    state: PaymentState | None = None
    for event in events:
        state = apply(state, event)
    if state is None:
        raise IllegalTransition("a payment begins with `started`")
    return state


def apply(state: PaymentState | None, event: PaymentEvent) -> PaymentState:
    """Return the state after one more event. Raises `IllegalTransition` when it cannot follow."""
    if state is None:
        if event.kind is not EventKind.STARTED or event.amount is None or event.amount.minor_units <= 0:
            raise IllegalTransition("a payment begins with `started` and an amount")
        nothing = Money.zero(event.amount.currency)
        return PaymentState(PaymentStatus.CREATED, 1, event.amount, nothing, nothing, event.at, event.at)
    if not _may_follow(state, event):
        raise IllegalTransition(f"`{event.kind}` cannot follow {state.status} (version {state.version})")
    after = replace(
        state,
        version=state.version + 1,
        updated_at=event.at,
        provider_id=event.provider_id or state.provider_id,
    )
    return _changed(after, event)


def _may_follow(state: PaymentState, event: PaymentEvent) -> bool:
    status = state.status
    match event.kind:
        case EventKind.STARTED:
            return False
        case EventKind.UNANSWERED:
            return status is PaymentStatus.CREATED
        case EventKind.ACTION_REQUIRED:
            return status in UNDECIDED and event.url is not None
        case EventKind.AUTHORIZED:
            return status in UNDECIDED
        case EventKind.DECLINED:
            return status in UNDECIDED
        case EventKind.VOID_REQUESTED:
            return status in OPEN and not state.void_requested
        case EventKind.VOIDED:
            return status in OPEN
        case EventKind.CAPTURED:
            # All or nothing: an order has no seats for a part of its price.
            return status is PaymentStatus.AUTHORIZED and event.amount == state.amount
        case EventKind.CAPTURE_FAILED:
            return status is PaymentStatus.AUTHORIZED
        case EventKind.RELEASED:
            return status is PaymentStatus.FAILED and state.capture_failed and not state.released
        case EventKind.REFUNDED:
            given = event.amount
            return (
                status in PAID
                and given is not None
                and Money.zero(given.currency) < given <= state.refundable
            )
    assert_never(event.kind)


def _changed(state: PaymentState, event: PaymentEvent) -> PaymentState:
    match event.kind:
        case EventKind.STARTED | EventKind.RELEASED:
            return replace(state, released=event.kind is EventKind.RELEASED)
        case EventKind.UNANSWERED:
            return replace(state, status=PaymentStatus.UNKNOWN)
        case EventKind.ACTION_REQUIRED:
            return replace(state, status=PaymentStatus.ACTION_REQUIRED, action_url=event.url)
        case EventKind.AUTHORIZED:
            return replace(state, status=PaymentStatus.AUTHORIZED, action_url=None)
        case EventKind.DECLINED | EventKind.CAPTURE_FAILED:
            return replace(
                state,
                status=PaymentStatus.FAILED,
                action_url=None,
                failure_code=event.code,
                failure_message=event.message,
                capture_failed=event.kind is EventKind.CAPTURE_FAILED,
            )
        case EventKind.VOID_REQUESTED:
            return replace(state, void_requested=True, action_url=None)
        case EventKind.VOIDED:
            return replace(state, status=PaymentStatus.VOIDED, action_url=None)
        case EventKind.CAPTURED:
            return replace(state, status=PaymentStatus.CAPTURED, captured=state.amount)
        case EventKind.REFUNDED:
            refunded = state.refunded + (event.amount or Money.zero(state.amount.currency))
            whole = refunded == state.captured
            status = PaymentStatus.REFUNDED if whole else PaymentStatus.PARTIALLY_REFUNDED
            return replace(state, status=status, refunded=refunded)
    assert_never(event.kind)
