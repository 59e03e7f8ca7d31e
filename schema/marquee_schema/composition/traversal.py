"""All elements of a schema that can carry directives, each with the name of its directive location."""

from collections.abc import Iterator

from marquee_schema.composition.model import (
    CompositeType,
    DirectiveDefinition,
    Element,
    EnumType,
    InputType,
    Kind,
    NamedType,
    Schema,
)

TYPE_LOCATIONS = {
    Kind.SCALAR: "SCALAR",
    Kind.OBJECT: "OBJECT",
    Kind.INTERFACE: "INTERFACE",
    Kind.UNION: "UNION",
    Kind.ENUM: "ENUM",
    Kind.INPUT: "INPUT_OBJECT",
}


def directive_sites(schema: Schema) -> Iterator[tuple[Element, str]]:
    """The schema itself, all types with their children, and the arguments of directive definitions."""
    yield schema.definition, "SCHEMA"
    for candidate in schema.types.values():
        yield from type_sites(candidate)
    for definition in schema.directives.values():
        yield from argument_sites(definition)


def type_sites(candidate: NamedType) -> Iterator[tuple[Element, str]]:
    """A type and its fields, arguments, members or values."""
    yield candidate, TYPE_LOCATIONS[candidate.kind]
    if isinstance(candidate, CompositeType):
        for field in candidate.fields.values():
            yield field, "FIELD_DEFINITION"
            for argument in field.arguments.values():
                yield argument, "ARGUMENT_DEFINITION"
    elif isinstance(candidate, InputType):
        for input_field in candidate.fields.values():
            yield input_field, "INPUT_FIELD_DEFINITION"
    elif isinstance(candidate, EnumType):
        for value in candidate.values.values():
            yield value, "ENUM_VALUE"


def argument_sites(definition: DirectiveDefinition) -> Iterator[tuple[Element, str]]:
    """The arguments of a directive definition."""
    for argument in definition.arguments.values():
        yield argument, "ARGUMENT_DEFINITION"
