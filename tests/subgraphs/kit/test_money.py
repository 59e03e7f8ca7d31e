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


def test_the_sum_of_nothing_is_zero_of_a_currency() -> None:
    assert sum([], Money.zero(PEN)) == Money(0, PEN)
    assert sum([Money(3, PEN), Money(4, PEN)], Money.zero(PEN)) == Money(7, PEN)
    with pytest.raises(ValueError, match="cannot mix"):
        sum([Money(3, EUR)], Money.zero(PEN))


def test_only_no_money_is_zero() -> None:
    assert Money.zero(PEN).is_zero
    assert not Money(-1, PEN).is_zero


@pytest.mark.parametrize(
    ("minor_units", "numerator", "denominator", "rounded"),
    [(5, 1, 2, 3), (4, 1, 3, 1), (1, 5, 3, 2), (0, 1, 7, 0)],
)
def test_the_half_of_a_unit_in_a_portion_is_rounded_up(
    minor_units: int, numerator: int, denominator: int, rounded: int
) -> None:
    assert Money(minor_units, PEN).portion(numerator, denominator) == Money(rounded, PEN)


@given(amount=st.integers(0, 10**9), weights=st.lists(st.integers(0, 10**6), min_size=1, max_size=12))
def test_a_split_adds_up_and_is_fair(amount: int, weights: list[int]) -> None:
    whole = sum(weights)
    amount = min(amount, whole)
    parts = Money(amount, PEN).split([Money(weight, PEN) for weight in weights])
    assert sum(parts, Money.zero(PEN)) == Money(amount, PEN)
    for part, weight in zip(parts, weights, strict=True):
        assert 0 <= part.minor_units <= weight
        assert whole == 0 or abs(part.minor_units - amount * weight / whole) < 1


def test_a_split_by_weights_of_another_currency_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot mix"):
        Money(1, PEN).split([Money(1, EUR)])
