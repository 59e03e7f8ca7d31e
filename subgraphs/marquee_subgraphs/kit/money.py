"""`Money`: an exact amount in whole minor units of one currency. The one type of money in the cinema.

Floats never enter, and mixing currencies is a bug and raises.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from functools import total_ordering


class Currency(StrEnum):
    """The currencies that the chain sells in. Each has two decimals."""

    PEN = "PEN"
    EUR = "EUR"
    USD = "USD"


_CENT = Decimal("0.01")


@total_ordering
@dataclass(frozen=True, slots=True)
class Money:
    """An amount in minor units (céntimos, cents) of a currency. Stores keep both as columns."""

    minor_units: int
    currency: Currency

    @classmethod
    def of(cls, amount: Decimal | str | int, currency: Currency) -> Money:
        """Return the money of an amount in whole units, such as `"24.50"`. Raises `ValueError` when it has
        more than two decimals.
        """
        decimal = Decimal(amount)
        if not decimal.is_finite() or decimal != decimal.quantize(_CENT):
            raise ValueError("an amount has at most two decimals")
        return cls(int(decimal * 100), currency)

    @classmethod
    def zero(cls, currency: Currency) -> Money:
        """Return zero, the start of each sum: `sum(amounts, Money.zero(currency))`."""
        return cls(0, currency)

    @property
    def is_zero(self) -> bool:
        return self.minor_units == 0

    @property
    def amount(self) -> Decimal:
        """The amount in whole units, with two decimals."""
        return Decimal(self.minor_units).scaleb(-2).quantize(_CENT)

    def percent(self, percentage: Decimal | int) -> Money:
        """Return this share of the money, rounded half to even: 12.5 % of 1.00 is 0.12."""
        share = (Decimal(self.minor_units) * Decimal(percentage) / 100).to_integral_value(ROUND_HALF_EVEN)
        return Money(int(share), self.currency)

    def portion(self, numerator: int, denominator: int) -> Money:
        """Return this fraction of money that is not negative, rounded half up: a half of 0.05 is 0.03."""
        return Money((2 * self.minor_units * numerator + denominator) // (2 * denominator), self.currency)

    def split(self, weights: Sequence[Money]) -> list[Money]:
        """Split money that is not negative in proportion to weights; the parts add up to it exactly.

        The odd units go to the largest remainders: 1.00 over three equal weights is 0.34, 0.33 and 0.33. No
        part exceeds its weight as long as the money does not exceed the sum of the weights.
        """
        units = [self._same(weight) for weight in weights]
        whole = sum(units)
        if whole == 0:
            return [Money.zero(self.currency)] * len(weights)
        parts = [self.minor_units * weight // whole for weight in units]
        remainders = [self.minor_units * weight % whole for weight in units]
        odd = self.minor_units - sum(parts)
        for index in sorted(range(len(units)), key=lambda i: (-remainders[i], i))[:odd]:
            parts[index] += 1
        return [Money(part, self.currency) for part in parts]

    def __add__(self, other: Money) -> Money:
        return Money(self.minor_units + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor_units - self._same(other), self.currency)

    def __mul__(self, count: int) -> Money:
        return Money(self.minor_units * count, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor_units, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.minor_units < self._same(other)

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"

    def _same(self, other: Money) -> int:
        if other.currency is not self.currency:
            raise ValueError(f"cannot mix {self.currency} and {other.currency}")
        return other.minor_units
