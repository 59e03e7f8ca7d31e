"""How much a refund may give back."""

from __future__ import annotations

import pytest

from marquee_subgraphs.kit.money import Currency, Money
from marquee_subgraphs.payments.domain.refund import NOTHING_LEFT, RefundPlan, allowed_of, plan_refund
from tests.subgraphs.payments.money import soles


def test_no_amount_means_all_that_is_left() -> None:
    assert plan_refund(soles(4000), None) == RefundPlan(soles(4000), whole=True)


def test_all_that_is_left_by_its_amount_is_the_whole_too() -> None:
    assert plan_refund(soles(4000), soles(4000)) == RefundPlan(soles(4000), whole=True)
    assert plan_refund(soles(4000), soles(3999)) == RefundPlan(soles(3999), whole=False)


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        (soles(4001), "At most 40.00 PEN can be refunded."),
        (soles(0), "A refund must be more than nothing."),
        (soles(-1), "A refund must be more than nothing."),
        (Money(1, Currency.EUR), "This payment was made in PEN."),
    ],
)
def test_more_than_is_left_is_refused(asked: Money, problem: str) -> None:
    assert plan_refund(soles(4000), asked) == problem


def test_nothing_left_is_refused() -> None:
    assert plan_refund(soles(0), None) == NOTHING_LEFT


def test_an_approved_refund_takes_at_most_what_is_left() -> None:
    assert allowed_of(soles(4800), soles(4000)) == soles(4000)
    assert allowed_of(soles(100), soles(4000)) == soles(100)
    assert allowed_of(soles(100), soles(0)) is None
