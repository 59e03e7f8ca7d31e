"""What a payment needs next, in every state of it and of its order."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from marquee_subgraphs.kit.money import Currency, Money
from marquee_subgraphs.payments.domain.order import Order, OrderPhase
from marquee_subgraphs.payments.domain.payment import fold
from marquee_subgraphs.payments.domain.refund import allowed_of, plan_refund
from marquee_subgraphs.payments.domain.steps import next_step
from marquee_subgraphs.payments.errors import NotRefundable, RefundExceedsPayment
from tests.subgraphs.payments.domain.test_intent import STATES
from tests.subgraphs.payments.domain.test_payment import NOW

ORDER = Order(
    order_id="ord_1",
    number="A1",
    user_id=None,
    showtime_id="sht_1",
    movie_id="mov_1",
    cinema_id="cin_1",
    total=Money(4800, Currency.PEN),
    seat_count=2,
    payable_until=NOW,
    phase=OrderPhase.PENDING,
    confirmed_payment_id=None,
    live_payment_id="pay_1",
)
ORDERS = {
    "pending": ORDER,
    "sold": replace(ORDER, phase=OrderPhase.CONFIRMED, confirmed_payment_id="pay_1"),
    "sold otherwise": replace(ORDER, phase=OrderPhase.CONFIRMED, confirmed_payment_id="pay_2"),
    "closed": replace(ORDER, phase=OrderPhase.CLOSED),
}
TABLE = """
                     pending         sold            sold otherwise  closed
created              AUTHORIZE       AUTHORIZE       VOID            VOID
unknown              AUTHORIZE       AUTHORIZE       VOID            VOID
asking               AWAIT_CUSTOMER  AWAIT_CUSTOMER  VOID            VOID
authorized           AWAIT_SALE      CAPTURE         VOID            VOID
voiding              VOID            VOID            VOID            VOID
voiding authorized   VOID            VOID            VOID            VOID
captured             NOTHING         NOTHING         RETURN          RETURN
refunded             NOTHING         NOTHING         NOTHING         NOTHING
failed               NOTHING         NOTHING         NOTHING         NOTHING
capture failed       RELEASE         RELEASE         RELEASE         RELEASE
voided               NOTHING         NOTHING         NOTHING         NOTHING
"""


def test_the_table() -> None:
    lines = [line for line in TABLE.splitlines() if line.strip()][1:]
    assert [line[:19].strip() for line in lines] == list(STATES)
    for line, events in zip(lines, STATES.values(), strict=True):
        steps = [next_step("pay_1", fold(events), order).name for order in ORDERS.values()]
        assert steps == line[19:].split(), line[:19]


def test_an_order_is_payable_while_its_time_lasts() -> None:
    later = replace(ORDER, payable_until=NOW + timedelta(seconds=1))
    assert later.why_not_payable(NOW) is None
    assert ORDER.why_not_payable(NOW) == "The time to pay this order is over."
    assert ORDERS["sold"].why_not_payable(NOW) == "This order is paid already."
    assert ORDERS["closed"].why_not_payable(NOW) == "This order is no longer waiting for a payment."


def soles(minor: int) -> Money:
    """Céntimos."""
    return Money(minor, Currency.PEN)


def test_no_amount_means_all_that_is_left() -> None:
    plan = plan_refund(soles(4000), None)
    assert (plan.amount, plan.whole) == (soles(4000), True)


def test_all_that_is_left_by_its_amount_is_the_whole_too() -> None:
    assert plan_refund(soles(4000), soles(4000)).whole
    assert not plan_refund(soles(4000), soles(3999)).whole


@pytest.mark.parametrize("asked", [soles(4001), soles(0), soles(-1), Money(1, Currency.EUR)])
def test_more_than_is_left_is_refused(asked: Money) -> None:
    with pytest.raises(RefundExceedsPayment):
        plan_refund(soles(4000), asked)


def test_nothing_left_is_refused() -> None:
    with pytest.raises(NotRefundable):
        plan_refund(soles(0), None)


def test_an_approved_refund_takes_at_most_what_is_left() -> None:
    assert allowed_of(soles(4800), soles(4000)) == soles(4000)
    assert allowed_of(soles(100), soles(4000)) == soles(100)
    assert allowed_of(soles(100), soles(0)) is None
