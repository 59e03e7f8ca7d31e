"""INVALID_GRAPHQL: names must not begin with `__`, which introspection reserves, and enum values must not be
`true`, `false` or `null`."""

from collections.abc import Iterator

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.model import Element, EnumType, Schema
from marquee_schema.composition.report import SchemaReport
from marquee_schema.composition.traversal import directive_sites

_LITERALS = ("true", "false", "null")


def check_names(schema: Schema, report: SchemaReport) -> None:
    """Checks the name of every element."""
    for element in _named_elements(schema):
        if element.name.startswith("__"):
            report.error(
                ErrorCode.INVALID_GRAPHQL,
                f'Name "{element.name}" must not begin with "__", which is reserved by GraphQL'
                " introspection.",
                element.node,
            )
    for candidate in schema.types.values():
        if isinstance(candidate, EnumType):
            for value in candidate.values.values():
                if value.name in _LITERALS:
                    report.error(
                        ErrorCode.INVALID_GRAPHQL,
                        f'Enum type "{candidate.name}" cannot include value "{value.name}".',
                        value.node,
                    )


def _named_elements(schema: Schema) -> Iterator[Element]:
    for element, location in directive_sites(schema):
        if location != "SCHEMA":
            yield element
    yield from schema.directives.values()
