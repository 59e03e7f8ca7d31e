"""INVALID_GRAPHQL: a type must have the fields, field types, arguments and interfaces that its interfaces
demand."""

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.model import CompositeType, Field, InterfaceType, Schema, UnionType
from marquee_schema.composition.report import SchemaReport
from marquee_schema.composition.type_reference import is_subtype

_INVALID = ErrorCode.INVALID_GRAPHQL


def check_implementations(schema: Schema, report: SchemaReport) -> None:
    """Checks every `implements`."""
    for candidate in schema.composites():
        for name in candidate.interfaces:
            interface = schema.types.get(name)
            if name == candidate.name:
                report.error(_INVALID, f'Type "{name}" cannot implement itself.', candidate.node)
            elif isinstance(interface, InterfaceType):
                _check_super_interfaces(candidate, interface, report)
                for expected in interface.fields.values():
                    _check_field(schema, candidate, expected, report)


def _check_super_interfaces(candidate: CompositeType, interface: InterfaceType, report: SchemaReport) -> None:
    for name in interface.interfaces:
        if name == candidate.name:
            message = f'Type "{name}" cannot implement "{interface.name}", which implements it.'
        elif name not in candidate.interfaces:
            message = f'Type "{candidate.name}" must implement "{name}", which "{interface.name}" implements.'
        else:
            continue
        report.error(_INVALID, message, candidate.node, interface.node)


def _check_field(schema: Schema, candidate: CompositeType, expected: Field, report: SchemaReport) -> None:
    actual = candidate.fields.get(expected.name)
    if actual is None:
        report.error(
            _INVALID,
            f'Interface field "{expected.coordinate}" expected but "{candidate.name}" does not provide it.',
            candidate.node,
            expected.node,
        )
        return
    if not is_subtype(actual.type, expected.type, lambda sub, sup: is_named_subtype(schema, sub, sup)):
        report.error(
            _INVALID,
            f'Interface field "{expected.coordinate}" has type "{expected.type}", but "{actual.coordinate}"'
            f' of type "{actual.type}" is no subtype of it.',
            actual.node,
            expected.node,
        )
    for name, argument in expected.arguments.items():
        given = actual.arguments.get(name)
        if given is None:
            message = (
                f'Interface argument "{argument.coordinate}" expected but "{actual.coordinate}" does not'
                " provide it."
            )
            report.error(_INVALID, message, actual.node, argument.node)
        elif given.type != argument.type:
            message = (
                f'Interface argument "{argument.coordinate}" has type "{argument.type}", but'
                f' "{given.coordinate}" has'
            )
            report.error(_INVALID, f'{message} type "{given.type}".', given.node, argument.node)
    for name, argument in actual.arguments.items():
        if name not in expected.arguments and argument.is_required:
            message = f'Argument "{argument.coordinate}" is required, but missing from the interface field'
            report.error(_INVALID, f'{message} "{expected.coordinate}".', argument.node, expected.node)


def is_named_subtype(schema: Schema, sub: str, sup: str) -> bool:
    """True if a named type is a member or an implementation of another."""
    target = schema.types.get(sup)
    if isinstance(target, UnionType):
        return sub in target.members
    candidate = schema.types.get(sub)
    return isinstance(candidate, CompositeType) and sup in candidate.interfaces
