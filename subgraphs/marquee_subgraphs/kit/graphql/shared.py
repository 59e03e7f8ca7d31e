"""Types that several subgraphs declare alike, so that they compose: money, locale, ranges. All shareable."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TypeAlias

import strawberry
from strawberry import federation

from marquee_subgraphs.kit.locale import Locale
from marquee_subgraphs.kit.money import Currency
from marquee_subgraphs.kit.money import Money as ExactMoney
from marquee_subgraphs.kit.refusals import InvalidInput

CurrencyCode: TypeAlias = Currency
strawberry.enum(Currency, name="CurrencyCode", description="ISO 4217.")
strawberry.enum(Locale, name="Locale")


@federation.type(shareable=True)
class Money:
    """An exact amount of a currency."""

    amount: Decimal
    currency: CurrencyCode

    @classmethod
    def of(cls, money: ExactMoney) -> Money:
        """Return the domain's money as the GraphQL type."""
        return cls(amount=money.amount, currency=money.currency)


@strawberry.input
class MoneyInput:
    """An exact amount of a currency."""

    amount: Decimal
    currency: CurrencyCode

    def to_money(self, *path: str) -> ExactMoney:
        """Return the domain's money; `path` names the field in a refusal. Raises `InvalidInput`."""
        try:
            return ExactMoney.of(self.amount, self.currency)
        except ValueError as error:
            raise InvalidInput(str(error), ["input", *path, "amount"]) from error


@strawberry.input
class DateRangeInput:
    """From a moment (included) to another (not included)."""

    from_: datetime = strawberry.field(name="from")
    to: datetime


__all__ = ["CurrencyCode", "DateRangeInput", "Locale", "Money", "MoneyInput"]
