"""Scalars of every subgraph. Serialising is exact; parsing refuses what has more than one meaning."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Final

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

_DECIMAL = re.compile(r"-?\d{1,15}(\.\d{1,6})?")
_DATE_TIME = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?([Zz]|[+-]\d{2}:\d{2})")


def parse_decimal(value: object) -> Decimal:
    """Return the decimal of `"24.50"` or of a whole number. Refuses a JSON float, which has lost digits."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**15:
        return Decimal(value)
    if isinstance(value, str) and _DECIMAL.fullmatch(value):
        return Decimal(value)
    raise GraphQLError('A Decimal is a string such as "24.50", or a whole number.')


def serialize_decimal(value: object) -> str:
    """Return the exact value, never in scientific notation."""
    if not isinstance(value, Decimal):
        raise TypeError(f"not a Decimal: {type(value).__name__}")
    return format(value, "f")


def parse_date_time(value: object) -> datetime:
    """Return the moment of an ISO 8601 text with an offset; without one it would differ between two time
    zones.
    """
    if isinstance(value, str) and _DATE_TIME.fullmatch(value):
        try:
            return datetime.fromisoformat(value.upper())
        except ValueError:
            pass  # well formed but impossible, such as the 30th of February
    raise GraphQLError('A DateTime is ISO 8601 with an offset, such as "2026-05-01T20:30:00-05:00".')


def serialize_date_time(value: object) -> str:
    """Return ISO 8601 with the offset of the value."""
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise TypeError("a DateTime needs a datetime that carries its offset")
    text = value.isoformat()
    return f"{text[:-6]}Z" if text.endswith("+00:00") else text


SCALARS: Final[Mapping[object, ScalarDefinition]] = {
    Decimal: strawberry.scalar(
        name="Decimal",
        description='Exact decimal number; always a string in answers: "24.00".',
        serialize=serialize_decimal,
        parse_value=parse_decimal,
    ),
    datetime: strawberry.scalar(
        name="DateTime",
        description="ISO 8601 with an offset.",
        serialize=serialize_date_time,
        parse_value=parse_date_time,
    ),
}
