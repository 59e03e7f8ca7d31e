"""What a payment needs next, in every state of it and of its order."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from marquee_subgraphs.kit.money import Currency, Money
from marquee_subgraphs.payments.domain.order import Order, OrderPhase
from marquee_subgraphs.payments.domain.payment import fold
from marquee_subgraphs.payments.domain.steps import next_step
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
