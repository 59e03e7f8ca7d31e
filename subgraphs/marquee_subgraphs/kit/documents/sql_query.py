"""Filters, sorts and pages as SQL expressions. Must never execute anything."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, assert_never

from sqlalchemy import ColumnElement, and_, exists, false, func, literal, not_, or_, true

from marquee_subgraphs.kit.documents.collection import (
    LOWEST,
    Scalar,
    Sort,
)
from marquee_subgraphs.kit.documents.query import (
    AnyOf,
    AtLeast,
    AtMost,
    Equal,
    Filter,
    Matches,
    Missing,
    Not,
    OneOf,
)
from marquee_subgraphs.kit.documents.sql_tables import DocumentTables, field_column
from marquee_subgraphs.kit.documents.text import words
from marquee_subgraphs.kit.pagination import SortKey


def condition(tables: DocumentTables, wanted: Filter) -> ColumnElement[bool]:
    """Return the SQL condition of one filter. It is never NULL, because NOT NULL is NULL and not true."""
    match wanted:
        case Equal(field, value):
            return _has_one(tables, field, [value])
        case OneOf(field, values):
            return _has_one(tables, field, values)
        case AtLeast(field, value):
            column = single(tables, field)
            return and_(column.is_not(None), column >= tables.collection.field(field).comparable(value))
        case AtMost(field, value):
            column = single(tables, field)
            return and_(column.is_not(None), column <= tables.collection.field(field).comparable(value))
        case Missing(field):
            if tables.collection.field(field).many:
                return not_(_listed(tables, field, true()))
            return single(tables, field).is_(None)
        case Matches(text):
            searched = tables.documents.c.searched
            return and_(true(), *(searched.contains(f" {word}", autoescape=True) for word in words(text)))
        case Not(negated):
            return not_(condition(tables, negated))
        case AnyOf(filters):
            return or_(false(), *(condition(tables, each) for each in filters))
        case _:
            assert_never(wanted)


def _has_one(tables: DocumentTables, name: str, values: Sequence[Scalar]) -> ColumnElement[bool]:
    field = tables.collection.field(name)
    wanted = [field.comparable(value) for value in values]
    if field.many:
        return _listed(tables, name, tables.values.c.value.in_(wanted))
    column = single(tables, name)
    return and_(column.is_not(None), column.in_(wanted))


def _listed(tables: DocumentTables, name: str, which: ColumnElement[bool]) -> ColumnElement[bool]:
    values = tables.values.c
    return exists().where(values.document_id == tables.documents.c.id, values.field == name, which)


def single(tables: DocumentTables, name: str) -> ColumnElement[Any]:
    """Return the column of a single-valued field. Raises `UnknownField` for others."""
    return tables.documents.c[field_column(tables.collection.single_field(name).name)]


def sort_expressions(tables: DocumentTables, sort: Sequence[Sort]) -> list[ColumnElement[Any]]:
    """Return the expressions to sort by, the id last; the lowest value stands for a missing one."""
    expressions: list[ColumnElement[Any]] = []
    for each in sort:
        field = tables.collection.field(each.field)
        column = single(tables, each.field)
        expressions.append(column if field.required else func.coalesce(column, literal(LOWEST[field.kind])))
    return [*expressions, tables.documents.c.id]


def ordering(expressions: Sequence[ColumnElement[Any]], sort: Sequence[Sort]) -> list[ColumnElement[Any]]:
    """Return the ORDER BY of these expressions."""
    descending = [each.descending for each in sort] + [False]
    return [
        expression.desc() if down else expression.asc()
        for expression, down in zip(expressions, descending, strict=True)
    ]


def after(
    expressions: Sequence[ColumnElement[Any]], sort: Sequence[Sort], key: SortKey
) -> ColumnElement[bool]:
    """Return the condition of the documents after `key`: later in the first field, or equal there and later
    in the next, and so on.
    """
    descending = [each.descending for each in sort] + [False]
    values = [literal(value, expression.type) for expression, value in zip(expressions, key, strict=True)]
    later: list[ColumnElement[bool]] = []
    same: list[ColumnElement[bool]] = []
    for expression, down, value in zip(expressions, descending, values, strict=True):
        later.append(and_(*same, expression < value if down else expression > value))
        same.append(expression == value)
    bound = expressions[0] <= values[0] if descending[0] else expressions[0] >= values[0]
    # Implied by the alternatives, but an index can be entered by it.
    return and_(bound, or_(*later))
