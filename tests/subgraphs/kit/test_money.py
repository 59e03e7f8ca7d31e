"""Money is exact, of one currency, and rounds half to even."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marquee_subgraphs.kit.money import Currency, Money

PEN, EUR = Currency.PEN, Currency.EUR


@pytest.mark.parametrize(("amount", "minor_units"), [("24.50", 2450), ("0.01", 1), (7, 700), ("-3.5", -350)])
def test_an_amount_becomes_minor_units_and_back(amount: str | int, minor_units: int) -> None:
    money = Money.of(amount, PEN)
    assert money == Money(minor_units, PEN)
    assert money.amount == Decimal(amount)
    assert str(money.amount.as_tuple().exponent) == "-2"


@pytest.mark.parametrize("amount", ["0.001", "NaN", "Infinity", "24.505"])
def test_an_amount_finer_than_a_cent_is_refused(amount: str) -> None:
    with pytest.raises(ValueError, match="two decimals"):
        Money.of(amount, PEN)


def test_currencies_do_not_mix() -> None:
    with pytest.raises(ValueError, match="cannot mix PEN and EUR"):
        Money(1, PEN) + Money(1, EUR)
    with pytest.raises(ValueError, match="cannot mix"):
        assert Money(1, PEN) < Money(2, EUR)


@pytest.mark.parametrize(
    ("minor_units", "percentage", "share"), [(250, 10, 25), (25, 10, 2), (35, 10, 4), (-25, 10, -2)]
)
def test_a_percentage_rounds_half_to_even(minor_units: int, percentage: int, share: int) -> None:
    assert Money(minor_units, PEN).percent(percentage) == Money(share, PEN)


@given(st.lists(st.integers(-(10**12), 10**12), min_size=1))
def test_sums_are_exact_in_any_order(amounts: list[int]) -> None:
    forward = backward = Money.zero(PEN)
    for amount in amounts:
        forward += Money(amount, PEN)
    for amount in reversed(amounts):
        backward += Money(amount, PEN)
    assert forward == backward == Money(sum(amounts), PEN)
    assert forward - forward == Money.zero(PEN)
    assert Money(amounts[0], PEN) * 3 == Money(amounts[0] * 3, PEN)
    assert forward + -forward == Money.zero(PEN)
