"""The invariants of payments, checked on its store and, when given, on the provider's records.

Reads only, and works while the cinema runs or is stopped. Also returns what other stores are compared with.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias

from sqlalchemy import func, select

from marquee_subgraphs.kit.database import Connection, Database
from marquee_subgraphs.kit.invariants import Invariant
from marquee_subgraphs.kit.money import Money
from marquee_subgraphs.payments.adapters.provider import BookedIntent
from marquee_subgraphs.payments.domain.order import OrderPhase
from marquee_subgraphs.payments.domain.payment import (
    IllegalTransition,
    PaymentEvent,
    PaymentStatus,
    fold,
)
from marquee_subgraphs.payments.domain.refund import RefundStatus
from marquee_subgraphs.payments.store.payments import EVENTS_IN_CURRENCY, event_of, state_of
from marquee_subgraphs.payments.tables import ORDERS, PAYMENT_EVENTS, PAYMENTS, REFUNDS

_PAID: Final = ("CAPTURED", "PARTIALLY_REFUNDED", "REFUNDED")
_OVER: Final = ("FAILED", "VOIDED")
_HOLDING: Final = ("requires_capture", "requires_action")

ReadBooks: TypeAlias = Callable[[], Awaitable[Sequence[BookedIntent]]]
"""Reads the provider's records as they are now."""


@dataclass(frozen=True, slots=True)
class CapturedPayment:
    """Money that was taken, for comparison with the tickets and the revenue."""

    payment_id: str
    order_id: str
    captured: Money
    refunded: Money


@dataclass(frozen=True, slots=True)
class Report:
    """The invariants of payments, and what other stores are compared with."""

    invariants: tuple[Invariant, ...]
    captured: tuple[CapturedPayment, ...]

    @property
    def refunded_by_order(self) -> Mapping[str, Money]:
        """Return the money given back of each order that was paid."""
        return {payment.order_id: payment.refunded for payment in self.captured}


async def verify(database: Database, read_books: ReadBooks | None = None) -> Report:
    """Check every invariant; with `read_books`, the provider's records must agree with ours too."""
    # While payments run, the two reads are of different moments. A payment is written here before the bank
    # knows it, so "the bank knows nothing unknown" reads the bank first. A payment is over at the bank before
    # it is over here, so "the bank agrees" reads the bank last.
    before = None if read_books is None else await read_books()
    async with database.read(heavy=True) as connection:
        payments = (await connection.execute(select(PAYMENTS))).all()
        invariants = [
            await _status_is_the_fold(connection),
            await _taken_is_sold_or_returned(connection),
            await _taken_once(connection),
            await _given_back_at_most_what_was_taken(connection),
            _work_is_due(payments),
        ]
        waiting = set(
            await connection.scalars(
                select(REFUNDS.c.payment_id).where(REFUNDS.c.status == RefundStatus.PENDING.value)
            )
        )
    if before is not None and read_books is not None:
        after = await read_books()
        invariants += [
            _bank_holds_nothing_unknown(payments, before),
            _bank_took_once(after),
            _bank_agrees(payments, waiting, after),
        ]
    return Report(tuple(invariants), _captured(payments))


async def captured_payments(database: Database) -> tuple[CapturedPayment, ...]:
    """Return the money taken so far, for comparison with another store."""
    async with database.read(heavy=True) as connection:
        return _captured((await connection.execute(select(PAYMENTS))).all())


def _captured(payments: Sequence[Any]) -> tuple[CapturedPayment, ...]:
    return tuple(
        CapturedPayment(row.id, row.order_id, state.captured, state.refunded)
        for row in payments
        if (state := state_of(row)).status in _PAID
    )


async def _status_is_the_fold(connection: Connection) -> Invariant:
    rows = await connection.execute(
        EVENTS_IN_CURRENCY.order_by(PAYMENT_EVENTS.c.payment_id, PAYMENT_EVENTS.c.sequence)
    )
    events: dict[str, list[PaymentEvent]] = {}
    for row in rows:
        events.setdefault(row.payment_id, []).append(event_of(row))
    broken = []
    payments = await connection.execute(select(PAYMENTS))
    for row in payments:
        try:
            same = fold(events.get(row.id, [])) == state_of(row)
        except IllegalTransition:
            same = False
        if not same:
            broken.append(row.id)
    return Invariant("a payment is what its events amount to", broken)


async def _taken_is_sold_or_returned(connection: Connection) -> Invariant:
    rows = await connection.execute(
        select(PAYMENTS.c.id, PAYMENTS.c.status, ORDERS.c.phase, ORDERS.c.confirmed_payment_id)
        .join(ORDERS, ORDERS.c.order_id == PAYMENTS.c.order_id)
        .where(PAYMENTS.c.status.in_(_PAID))
    )
    returning = set(
        await connection.scalars(
            select(REFUNDS.c.payment_id).where(
                REFUNDS.c.whole, REFUNDS.c.status == RefundStatus.PENDING.value
            )
        )
    )
    broken = [
        row.id
        for row in rows
        if not (row.phase == OrderPhase.CONFIRMED.value and row.confirmed_payment_id == row.id)
        and row.status != PaymentStatus.REFUNDED.value
        and row.id not in returning
    ]
    return Invariant("money taken is for a confirmed order, or given back", broken)


async def _taken_once(connection: Connection) -> Invariant:
    kept = PAYMENTS.c.captured_minor > PAYMENTS.c.refunded_minor
    orders = await connection.execute(
        select(PAYMENTS.c.order_id, func.count().label("payments")).where(kept).group_by(PAYMENTS.c.order_id)
    )
    return Invariant("no order is paid twice", [row.order_id for row in orders if row.payments > 1])


async def _given_back_at_most_what_was_taken(connection: Connection) -> Invariant:
    sums = await connection.execute(
        select(
            REFUNDS.c.payment_id, REFUNDS.c.status, func.sum(REFUNDS.c.amount_minor).label("minor")
        ).group_by(REFUNDS.c.payment_id, REFUNDS.c.status)
    )
    given: dict[str, int] = {}
    promised: dict[str, int] = {}
    for row in sums:
        if row.status == RefundStatus.COMPLETED.value:
            given[row.payment_id] = int(row.minor)
        if row.status in (RefundStatus.COMPLETED.value, RefundStatus.PENDING.value):
            promised[row.payment_id] = promised.get(row.payment_id, 0) + int(row.minor)
    payments = await connection.execute(select(PAYMENTS))
    broken = [
        row.id
        for row in payments
        if given.get(row.id, 0) != row.refunded_minor
        or promised.get(row.id, 0) != row.reserved_minor
        or row.refunded_minor > row.captured_minor
        or row.reserved_minor > row.amount_minor
    ]
    return Invariant("refunds add up and never exceed what was taken", broken)


def _work_is_due(payments: Sequence[Any]) -> Invariant:
    open_ = [row for row in payments if row.status not in (*_PAID, *_OVER)]
    forgotten = [row.id for row in open_ if row.due_at is None]
    return Invariant("every unfinished payment is looked after", forgotten)


def books_in(bank_file: Path) -> ReadBooks:
    """Return the reader of a simulated bank's store, from its file."""
    address = f"{bank_file.absolute().as_uri()}?mode=ro"

    async def read() -> Sequence[BookedIntent]:
        with closing(sqlite3.connect(address, uri=True)) as bank:
            rows = bank.execute("SELECT reference, id, status, received, refunded, captures FROM intents")
            return [BookedIntent(*row) for row in rows]

    return read


def _bank_holds_nothing_unknown(payments: Sequence[Any], intents: Sequence[BookedIntent]) -> Invariant:
    ours = {row.id for row in payments}
    unknown = [
        each.provider_id for each in intents if each.payment_id not in ours and each.status != "canceled"
    ]
    return Invariant("the bank holds nothing that payments does not know", unknown)


def _bank_took_once(intents: Sequence[BookedIntent]) -> Invariant:
    captures = Counter[str]()
    for intent in intents:
        captures[intent.payment_id or intent.provider_id] += intent.captures
    twice = [payment for payment, times in captures.items() if times > 1]
    return Invariant("the bank took nothing twice", twice)


def _bank_agrees(payments: Sequence[Any], waiting: set[str], intents: Sequence[BookedIntent]) -> Invariant:
    """For payments at rest, the bank took and gave back what we say, and reserves nothing for ended ones."""
    settled = [
        row
        for row in payments
        if row.status in (*_PAID, *_OVER) and row.due_at is None and row.id not in waiting
    ]
    by_payment: dict[str | None, list[BookedIntent]] = {}
    for intent in intents:
        by_payment.setdefault(intent.payment_id, []).append(intent)
    broken = []
    for row in settled:
        at_bank = by_payment.get(row.id, [])
        received = sum(intent.received for intent in at_bank)
        refunded = sum(intent.refunded for intent in at_bank)
        holds = row.status in _OVER and any(intent.status in _HOLDING for intent in at_bank)
        if holds or (received, refunded) != (row.captured_minor, row.refunded_minor):
            broken.append(row.id)
    return Invariant("the bank's books agree with ours", broken)
