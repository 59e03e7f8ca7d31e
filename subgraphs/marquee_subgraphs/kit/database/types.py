"""Column types that mean the same on SQLite and PostgreSQL. Money never touches a float.

`MinorUnits` holds money: integer minor units (céntimos, cents) beside a currency column.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer, Numeric, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator, TypeEngine

MinorUnits = BigInteger
"""Money as integer minor units; the currency is in a column of its own."""

AutoIncrement = BigInteger().with_variant(Integer(), "sqlite")
"""A 64-bit primary key that the store counts up, in the order of insertion."""

Json = JSON().with_variant(JSONB(), "postgresql")
"""Any JSON value. Python `None` is stored as SQL NULL only with `none_as_null`; prefer `nullable=False`."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, to the microsecond, always returned in UTC; compares and sorts in time order."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return text of fixed width on SQLite, `timestamptz` elsewhere."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """Refuse a naive datetime: it could mean any of two dozen moments."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a datetime for the store must be aware, got {value!r}")
        value = value.astimezone(UTC)
        return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return the moment in UTC."""
        if value is None:
            return None
        if isinstance(value, str):
            return datetime.fromisoformat(value)
        moment: datetime = value
        return moment.astimezone(UTC)


class ExactDecimal(TypeDecorator[Decimal]):
    """A decimal kept digit for digit (rates, percentages): text on SQLite. Not for sums in SQL."""

    impl = Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Return text on SQLite, which has no exact decimals."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else Numeric())

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        """Refuse a float: 0.1 as a float is 0.1000000000000000055…."""
        if value is None:
            return None
        if not isinstance(value, Decimal):
            raise TypeError(f"an exact decimal is a Decimal, got {value!r}")
        return str(value) if dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Return the same digits."""
        return None if value is None else Decimal(value)
