"""Reading rows into records and writing records as rows. Knows no table.

Only here money becomes columns: each amount in its column of minor units, their currency once in `currency`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from sqlalchemy import Row, Table

from marquee_subgraphs.kit.database import MinorUnits
from marquee_subgraphs.kit.money import Currency, Money


def values_of(row: Row[Any]) -> tuple[Any, ...]:
    """Return the values of a row, as a tuple of any length for the type checker."""
    return tuple(row)


def minor_units_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values with each `Money` as its minor units."""
    return {name: value.minor_units if isinstance(value, Money) else value for name, value in values.items()}


def plain(record: Any) -> dict[str, Any]:
    """Return the fields of a record with each `Money` as its minor units, without the currency."""
    return minor_units_of({each.name: getattr(record, each.name) for each in fields(record)})


def columns_of(record: Any) -> dict[str, Any]:
    """Return the columns of a record with amounts, all in one currency."""
    amounts = [value for each in fields(record) if isinstance(value := getattr(record, each.name), Money)]
    return plain(record) | {"currency": amounts[0].currency.value if amounts else None}


def read_money(row: Row[Any], table: Table) -> dict[str, Any]:
    """Return a row of `table` by name, with `Money` in place of its minor units and its currency."""
    values = dict(row._mapping)
    currency = values.pop("currency")
    for column in table.c:
        if isinstance(column.type, MinorUnits) and values[column.name] is not None:
            values[column.name] = Money(values[column.name], Currency(currency))
    return values
