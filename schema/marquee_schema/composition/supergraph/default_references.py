"""The input fields and enum values that occur in the default values of a schema."""

from collections.abc import Iterator

from marquee_schema.composition.model import (
    Argument,
    CompositeType,
    EnumType,
    EnumValue,
    InputField,
    InputType,
    Schema,
)
from marquee_schema.composition.type_reference import TypeReference, is_list, item_of, nullable
from marquee_schema.composition.values import MISSING, Value


def default_references(schema: Schema) -> Iterator[tuple[Argument | InputField, InputField | EnumValue]]:
    """Each element with a default, together with each input field or enum value that the default contains."""
    for element in _input_values(schema):
        if element.default is not MISSING:
            for used in _used(schema, element.default, element.type):
                yield element, used


def _input_values(schema: Schema) -> Iterator[Argument | InputField]:
    for candidate in schema.types.values():
        if isinstance(candidate, CompositeType):
            for field in candidate.fields.values():
                yield from field.arguments.values()
        elif isinstance(candidate, InputType):
            yield from candidate.fields.values()
    for definition in schema.directives.values():
        yield from definition.arguments.values()


def _used(schema: Schema, value: Value, reference: TypeReference) -> Iterator[InputField | EnumValue]:
    reference = nullable(reference)
    if is_list(reference):
        # GraphQL coerces a single value to a list of one item.
        for item in value if isinstance(value, list) else [value]:
            yield from _used(schema, item, item_of(reference))
        return
    target = schema.types.get(reference)
    if isinstance(target, InputType) and isinstance(value, dict):
        for name, item in value.items():
            field = target.fields.get(name)
            if field is not None:
                yield field
                yield from _used(schema, item, field.type)
    elif isinstance(target, EnumType) and isinstance(value, str) and value in target.values:
        yield target.values[value]
