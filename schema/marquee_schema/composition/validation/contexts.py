"""CONTEXT_NAME_INVALID, CONTEXT_NOT_SET, NO_CONTEXT_IN_SELECTION and CONTEXT_NO_RESOLVABLE_KEY: contexts must
be set, and the fields that use one must be reachable with its value.

The selections are checked in `context_selections`.
"""

import re

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.model import AppliedDirective, Argument, Field, InterfaceType, NamedType
from marquee_schema.composition.report import SubgraphReport
from marquee_schema.composition.subgraph.context_argument import parse_context_argument
from marquee_schema.composition.subgraph.federation_directives import is_resolvable
from marquee_schema.composition.subgraph.schema import SubgraphSchema
from marquee_schema.composition.validation.context_selections import check_context_selection
from marquee_schema.composition.values import MISSING

_NAME = re.compile(r"[A-Za-z]\w*", re.ASCII)


def check_contexts(schema: SubgraphSchema, report: SubgraphReport) -> None:
    """Checks every `@context` and `@fromContext` of the subgraph."""
    setters = _setters(schema, report)
    for definition in schema.directives.values():
        for argument in definition.arguments.values():
            applied = argument.applied("fromContext")
            if applied is not None:
                report.error(
                    ErrorCode.CONTEXT_NOT_SET,
                    f'@fromContext cannot be used on an argument of a directive: "{argument.coordinate}".',
                    applied.node,
                )
    for candidate in schema.composites():
        for field in candidate.fields.values():
            for argument in field.arguments.values():
                applied = argument.applied("fromContext") if argument.directives else None
                if applied is not None:
                    _check_argument(schema, field, argument, applied, setters, report)


def _setters(schema: SubgraphSchema, report: SubgraphReport) -> dict[str, list[NamedType]]:
    """The types that set each context; reports invalid names."""
    setters: dict[str, list[NamedType]] = {}
    for candidate in schema.types.values():
        for applied in candidate.all_applied("context"):
            name = str(applied.arguments.get("name"))
            if "_" in name:
                problem = "may not contain an underscore"
            elif not _NAME.fullmatch(name):
                problem = "may have letters and digits only, and begins with a letter"
            else:
                problem = ""
            if problem:
                report.error(
                    ErrorCode.CONTEXT_NAME_INVALID, f'Context name "{name}" {problem}.', applied.node
                )
            setters.setdefault(name, []).append(candidate)
    return setters


def _check_argument(
    schema: SubgraphSchema,
    field: Field,
    argument: Argument,
    applied: AppliedDirective,
    setters: dict[str, list[NamedType]],
    report: SubgraphReport,
) -> None:
    where = f'"{argument.coordinate}"'
    if isinstance(field.parent, InterfaceType):
        message = f"@fromContext cannot be used on a field of an interface: {where}."
        report.error(ErrorCode.CONTEXT_NOT_SET, message, applied.node)
        return
    for name in field.parent.interfaces:
        interface = schema.composite(name)
        if interface is not None and field.name in interface.fields:
            message = (
                f'@fromContext cannot be used on a field that implements "{interface.name}.{field.name}":'
                f" {where}."
            )
            report.error(ErrorCode.CONTEXT_NOT_SET, message, applied.node)
    if argument.default is not MISSING:
        message = f"@fromContext arguments may not have a default value: {where}."
        report.error(ErrorCode.CONTEXT_NOT_SET, message, applied.node)
    context, selection = parse_context_argument(applied.arguments.get("field"))
    if not context or not selection:
        report.error(
            ErrorCode.NO_CONTEXT_IN_SELECTION,
            f'@fromContext on {where} does not reference a context: write "$contextName {{ field }}".',
            applied.node,
        )
        return
    if context not in setters:
        message = (
            f'Context "{context}" is used at {where} but never set: add @context(name: "{context}") to a'
            " type."
        )
        report.error(ErrorCode.CONTEXT_NOT_SET, message, applied.node)
    else:
        check_context_selection(schema, argument, context, selection, setters[context], report)
    # The router reads the value first and sends it as an argument of `_entities`, so the type needs a key to
    # be entered by.
    if not any(is_resolvable(key) for key in field.parent.all_applied("key")):
        report.error(
            ErrorCode.CONTEXT_NO_RESOLVABLE_KEY,
            f'Type "{field.parent.name}" has no resolvable key but a field with a contextual argument,'
            f" {where}: a router could not enter it with the context's value.",
            field.parent.node,
        )
