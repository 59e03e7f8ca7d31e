"""INVALID_GRAPHQL: default values must fit their types, and a required input value cannot be deprecated."""

from collections.abc import Iterator

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.literal_types import is_valid_literal
from marquee_schema.composition.model import Argument, CompositeType, InputField, InputType, Schema
from marquee_schema.composition.report import SchemaReport
from marquee_schema.composition.values import MISSING, print_value


def check_default_values(schema: Schema, report: SchemaReport) -> None:
    """Checks the default and the deprecation of every argument and input field."""
    for element in _input_values(schema):
        what = "argument" if isinstance(element, Argument) else "input field"
        if element.is_required and element.directives and element.has("deprecated"):
            report.error(
                ErrorCode.INVALID_GRAPHQL,
                f'Required {what} "{element.coordinate}" cannot be deprecated.',
                element.node,
            )
        default = element.default
        if default is not MISSING and not is_valid_literal(schema, default, element.type):
            report.error(
                ErrorCode.INVALID_GRAPHQL,
                f'Invalid default value {print_value(default)} of {what} "{element.coordinate}", which has'
                f' type "{element.type}".',
                element.node,
            )


def _input_values(schema: Schema) -> Iterator[Argument | InputField]:
    for candidate in schema.types.values():
        if isinstance(candidate, CompositeType):
            for field in candidate.fields.values():
                yield from field.arguments.values()
        elif isinstance(candidate, InputType):
            yield from candidate.fields.values()
    for definition in schema.directives.values():
        yield from definition.arguments.values()
