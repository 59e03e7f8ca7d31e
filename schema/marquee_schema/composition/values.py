"""Literal values of SDL as Python data: default values and directive arguments.

An enum value is an `EnumLiteral`, which equals the string of its name and differs only in print. A missing
value is `MISSING`, since `None` is GraphQL's null.
"""

import json
import math
from collections.abc import Mapping
from enum import Enum
from typing import Final, Literal, TypeAlias

from graphql import (
    BooleanValueNode,
    EnumValueNode,
    FloatValueNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    StringValueNode,
    ValueNode,
)


class Missing(Enum):
    """The type of `MISSING`."""

    MISSING = "missing"

    def __bool__(self) -> bool:
        return False


MISSING: Final = Missing.MISSING


_MAX_DIGITS = 1000


class EnumLiteral(str):
    """A name without quotes in value position, or a number too large for Python: printed as it was
    written."""

    __slots__ = ()


Value: TypeAlias = "bool | int | float | str | list[Value] | dict[str, Value] | None"
Default: TypeAlias = "Value | Literal[Missing.MISSING]"


def value_of(node: ValueNode) -> Value:
    """The value of a literal whose type is not known. A variable, which SDL never allows, becomes its
    name."""
    match node:
        case NullValueNode():
            return None
        case IntValueNode():
            return int(node.value) if len(node.value) < _MAX_DIGITS else EnumLiteral(node.value)
        case FloatValueNode():
            number = float(node.value)
            return number if math.isfinite(number) else EnumLiteral(node.value)
        case StringValueNode() | BooleanValueNode():
            return node.value
        case EnumValueNode():
            return EnumLiteral(node.value)
        case ListValueNode():
            return [value_of(item) for item in node.values]
        case ObjectValueNode():
            return {field.name.value: value_of(field.value) for field in node.fields}
    return EnumLiteral(getattr(getattr(node, "name", None), "value", ""))


def same_value(one: Default, other: Default) -> bool:
    """True if two values are the same GraphQL value; true is not 1."""
    # In Python, `True == 1` and `1 == 1.0`; in GraphQL, only the numbers are equal.
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list):
        return (
            isinstance(other, list)
            and len(one) == len(other)
            and all(same_value(a, b) for a, b in zip(one, other, strict=True))
        )
    if isinstance(one, dict):
        return isinstance(other, dict) and same_arguments(one, other)
    return one == other


def same_arguments(one: Mapping[str, Value], other: Mapping[str, Value]) -> bool:
    """True if two sets of named values are equal in any order."""
    return len(one) == len(other) and all(
        name in other and same_value(value, other[name]) for name, value in one.items()
    )


def print_value(value: Value) -> str:
    """The GraphQL literal for a value."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case EnumLiteral():
            return str(value)
        case str():
            return json.dumps(value, ensure_ascii=False)
        case float():
            return _print_float(value)
        case list():
            return "[" + ", ".join(map(print_value, value)) + "]"
        case dict():
            return "{" + ", ".join(f"{name}: {print_value(item)}" for name, item in value.items()) + "}"
    return str(value)


def _print_float(value: float) -> str:
    """A float in its shortest form. A whole number loses its point, since `1.0` and `1` are one value."""
    # JavaScript prints whole numbers up to 1e21 without an exponent, and so does the reference composer.
    if math.isfinite(value) and value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    return repr(value)
