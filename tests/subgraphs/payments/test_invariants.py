"""Each invariant is found broken when it is."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import text

from marquee_subgraphs.payments.invariants import books_in, verify
from tests.subgraphs.payments.conftest import Cinema, clean
from tests.subgraphs.payments.money import soles

OURS = {
    "UPDATE payments SET status = 'VOIDED'": {"a payment is what its events amount to"},
    "UPDATE orders SET phase = 'CLOSED'": {"money taken is for a confirmed order, or given back"},
    "UPDATE payments SET reserved_minor = 100": {"refunds add up and never exceed what was taken"},
    "UPDATE payments SET status = 'AUTHORIZED'": {
        "a payment is what its events amount to",
        "every unfinished payment is looked after",
    },
}
THE_BANKS = {
    "UPDATE intents SET captures = 2": {"the bank took nothing twice"},
    "UPDATE intents SET refunded = 1": {"the bank's books agree with ours"},
    "UPDATE intents SET reference = 'pay_stranger'": {
        "the bank holds nothing that payments does not know",
        "the bank's books agree with ours",
    },
}


async def broken(cinema: Cinema) -> set[str]:
    """The names of the invariants that do not hold."""
    report = await verify(cinema.service.database, books_in(cinema.bank.path))
    return {each.name for each in report.invariants if not each.holds}


@pytest.mark.parametrize("statement", OURS)
async def test_tampered_payments_are_found(any_cinema: Cinema, statement: str) -> None:
    await any_cinema.pay(await any_cinema.tickets.place())
    await clean(any_cinema)
    async with any_cinema.service.database.transaction() as tx:
        await tx.execute(text(statement))
    assert await broken(any_cinema) == OURS[statement]


@pytest.mark.parametrize("statement", THE_BANKS)
async def test_a_bank_that_says_otherwise_is_found(cinema: Cinema, statement: str) -> None:
    await cinema.pay(await cinema.tickets.place())
    await clean(cinema)
    with closing(sqlite3.connect(cinema.bank.path)) as bank:
        bank.execute(statement)
        bank.commit()
    assert await broken(cinema) == THE_BANKS[statement]


async def test_it_tells_what_was_taken_and_given_back(any_cinema: Cinema) -> None:
    order_id = await any_cinema.tickets.place()
    payment = (await any_cinema.pay(order_id))["payment"]
    await any_cinema.refund(payment["id"], "8.00")
    await any_cinema.pay(await any_cinema.tickets.place(), "pm_card_chargeDeclined", key="key-00000002")
    report = await verify(any_cinema.service.database)
    assert len(report.invariants) == 5, "nothing is said of a bank that is not ours"
    [captured] = report.captured
    assert (captured.payment_id, captured.order_id) == (payment["id"], order_id)
    assert (captured.captured, captured.refunded) == (soles(4800), soles(800))
    assert report.refunded_by_order == {order_id: soles(800)}
