"""Which literals are values of an input type, as in defaults and directive arguments."""

from marquee_schema.composition.model import EnumType, InputType, Schema
from marquee_schema.composition.type_reference import (
    TypeReference,
    base_name,
    is_list,
    is_non_null,
    item_of,
    nullable,
)
from marquee_schema.composition.values import MISSING, Default, Value, print_value

_INTEGER_KINDS = ("Int", "ID")
_TEXT_KINDS = ("String", "ID")


def is_valid_literal(schema: Schema, value: Default, reference: TypeReference) -> bool:
    """True if the value fits the type; a single value fits a list of its kind. `MISSING` stands for a field
    that is left out."""
    if is_non_null(reference):
        return (
            value is not None
            and value is not MISSING
            and is_valid_literal(schema, value, nullable(reference))
        )
    if value is None or value is MISSING:
        return True
    if is_list(reference):
        # GraphQL coerces a single value to a list of one item.
        items = value if isinstance(value, list) else [value]
        return all(is_valid_literal(schema, item, item_of(reference)) for item in items)
    return _is_valid_named(schema, value, reference)


def _is_valid_named(schema: Schema, value: Value, name: str) -> bool:
    match schema.types.get(name):
        case InputType() as target:
            return isinstance(value, dict) and _is_valid_object(schema, value, target)
        case EnumType() as target:
            return isinstance(value, str) and value in target.values
        case None:
            return _is_valid_scalar(value, name)
    return True


def _is_valid_object(schema: Schema, value: dict[str, Value], target: InputType) -> bool:
    if any(name not in target.fields for name in value):
        return False
    return all(
        is_valid_literal(schema, value.get(field.name, field.default), field.type)
        for field in target.fields.values()
    )


def _is_valid_scalar(value: Value, name: str) -> bool:
    """True if the literal fits one of the five built-in scalars."""
    if isinstance(value, bool):
        return name == "Boolean"
    if isinstance(value, int):
        return name in _INTEGER_KINDS or name == "Float"
    if isinstance(value, float):
        return name == "Float" or (value.is_integer() and name in _INTEGER_KINDS)
    return isinstance(value, str) and name in _TEXT_KINDS


def print_literal(schema: Schema, value: Value, reference: TypeReference) -> str:
    """The literal as its type demands it: an enum value without quotes, a string with quotes."""
    inner = nullable(reference)
    if isinstance(value, list):
        item = item_of(inner) if is_list(inner) else inner
        return "[" + ", ".join(print_literal(schema, entry, item) for entry in value) + "]"
    if is_list(inner):
        return print_literal(schema, value, item_of(inner))
    target = schema.types.get(base_name(inner))
    if isinstance(value, dict):
        fields = target.fields if isinstance(target, InputType) else {}
        entries = (
            f"{name}:"
            f" {print_literal(schema, entry, fields[name].type) if name in fields else print_value(entry)}"
            for name, entry in value.items()
        )
        return "{" + ", ".join(entries) + "}"
    if isinstance(value, str):
        if isinstance(target, EnumType) and value in target.values:
            return str(value)
        return print_value(str(value)) if inner in _TEXT_KINDS else print_value(value)
    return print_value(value)
