"""INVALID_GRAPHQL: a directive may be applied only at its locations, more than once only if it is repeatable,
and with arguments that it defines, of the right types."""

from collections.abc import Collection, Iterator

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.literal_types import is_valid_literal
from marquee_schema.composition.model import AppliedDirective, DirectiveDefinition, Element, Schema
from marquee_schema.composition.report import SchemaReport, SubgraphReport
from marquee_schema.composition.specs.built_in import BUILT_IN_DIRECTIVES
from marquee_schema.composition.subgraph.completion import build_definition
from marquee_schema.composition.subgraph.schema import SubgraphSchema
from marquee_schema.composition.suggestions import did_you_mean
from marquee_schema.composition.traversal import directive_sites
from marquee_schema.composition.values import print_value

_INVALID = ErrorCode.INVALID_GRAPHQL
_BUILT_IN = {name: build_definition(name, spec, {}) for name, spec in BUILT_IN_DIRECTIVES.items()}


def check_applied_directives(schema: SubgraphSchema, report: SubgraphReport) -> None:
    """Checks every application against its definition."""
    for element, location in directive_sites(schema):
        if element.directives:
            _check_site(schema, element, location, element.directives, report)


def check_composed_applications(schema: Schema, names: Collection[str], report: SchemaReport) -> None:
    """Checks the applications of the named directives on the supergraph, where one subgraph's definition
    holds for all."""
    for element, location in directive_sites(schema):
        applications = [applied for applied in element.directives if applied.name in names]
        if applications:
            _check_site(schema, element, location, applications, report)


def _check_site(
    schema: Schema,
    element: Element,
    location: str,
    applications: list[AppliedDirective],
    report: SchemaReport,
) -> None:
    seen: dict[str, AppliedDirective] = {}
    for applied in applications:
        definition = schema.directives.get(applied.name) or _BUILT_IN.get(applied.name)
        if definition is None:
            continue
        if location not in definition.locations:
            report.error(
                _INVALID, f'Directive "@{applied.name}" may not be used on {location}.', applied.node
            )
        if not definition.repeatable:
            earlier = seen.setdefault(applied.name, applied)
            if earlier is not applied:
                report.error(
                    _INVALID,
                    f'The directive "@{applied.name}" can only be used once on "{element.coordinate}".',
                    applied.node,
                    earlier.node,
                )
        for message in _argument_problems(schema, definition, applied, element):
            report.error(_INVALID, message, applied.node)


def _argument_problems(
    schema: Schema, definition: DirectiveDefinition, applied: AppliedDirective, element: Element
) -> Iterator[str]:
    for name, argument in definition.arguments.items():
        if name not in applied.arguments:
            if argument.is_required:
                yield f'Directive "@{applied.name}" on "{element.coordinate}" needs its argument "{name}".'
            continue
        value = applied.arguments[name]
        if not is_valid_literal(schema, value, argument.type):
            yield (
                f'Invalid value {print_value(value)} for "{argument.coordinate}" of type "{argument.type}" on'
                f' "{element.coordinate}".'
            )
    for name in applied.arguments:
        if name not in definition.arguments:
            yield (
                f'Unknown argument "{name}" on directive'
                f' "@{applied.name}".{did_you_mean(name, definition.arguments)}'
            )
