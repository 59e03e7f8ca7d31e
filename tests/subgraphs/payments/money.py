"""Amounts in the currency of the tests' cinema."""

from __future__ import annotations

from marquee_subgraphs.kit.money import Currency, Money


def soles(minor: int) -> Money:
    """Céntimos of PEN."""
    return Money(minor, Currency.PEN)
