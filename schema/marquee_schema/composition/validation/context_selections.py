"""CONTEXT_INVALID_SELECTION: the selection of a `@fromContext` must be exactly one value of the argument's
type, on every type that sets the context.

For example `$user { name }`, or `$viewer ... on User { name } ... on Bot { label }` where the context is set
on a union.
"""

from collections.abc import Iterator, Sequence

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.model import Argument, NamedType, ObjectType
from marquee_schema.composition.report import SubgraphReport
from marquee_schema.composition.selected_fields import (
    Resolved,
    ResolvedField,
    ResolvedFragment,
    aliases,
    resolve,
)
from marquee_schema.composition.subgraph.schema import SubgraphSchema
from marquee_schema.composition.type_reference import (
    TypeReference,
    base_name,
    is_list,
    is_non_null,
    item_of,
)
from marquee_schema.field_set import (
    FieldSet,
    FieldSetError,
    FieldSetField,
    FieldSetFragment,
    parse_field_set,
)


class _InvalidSelectionError(Exception):
    """The selection cannot fill the argument."""


def check_context_selection(
    schema: SubgraphSchema,
    argument: Argument,
    context: str,
    selection: str,
    setters: Sequence[NamedType],
    report: SubgraphReport,
) -> None:
    """Checks the selection on every type that sets the context."""
    used_conditions: set[str] = set()
    try:
        selections = parse_field_set(selection)
        conditions = _format(selections)
        for setter in setters:
            _check_setter(schema, argument, selections, setter, used_conditions)
        for condition in conditions:
            if condition not in used_conditions:
                raise _InvalidSelectionError(f'type condition "{condition}" is never used')
    except (_InvalidSelectionError, FieldSetError) as error:
        report.error(
            ErrorCode.CONTEXT_INVALID_SELECTION,
            f'Context "{context}" is used in "{argument.coordinate}" but the selection is invalid:'
            f" {str(error).removesuffix('.')}.",
            argument.node,
        )


def _format(selections: FieldSet) -> list[str]:
    """Checks that there is one field, or inline fragments with different type conditions; returns the
    conditions."""
    if isinstance(selections[0], FieldSetField):
        if len(selections) != 1:
            raise _InvalidSelectionError("multiple selections are made")
        return []
    conditions: list[str] = []
    for item in selections:
        if not isinstance(item, FieldSetFragment):
            raise _InvalidSelectionError("multiple fields could be selected")
        if item.type_condition:
            conditions.append(item.type_condition)
    if len(set(conditions)) != len(selections):
        raise _InvalidSelectionError("type conditions are missing or repeated")
    return conditions


def _check_setter(
    schema: SubgraphSchema,
    argument: Argument,
    selections: FieldSet,
    setter: NamedType,
    used_conditions: set[str],
) -> None:
    try:
        resolved = resolve(schema, setter, selections)
    except FieldSetError as error:
        raise _InvalidSelectionError(f'it does not fit type "{setter.name}": {error}') from error
    if any(_directives(selections)):
        raise _InvalidSelectionError("directives are not allowed in the selection")
    if any(aliases(selections)):
        raise _InvalidSelectionError("aliases are not allowed in the selection")
    if isinstance(resolved[0], ResolvedField):
        _check_value(schema, argument, setter, resolved)
        return
    runtime_types = schema.runtime_types(setter.name)
    matching: list[ResolvedFragment] = []
    for item in resolved:
        if isinstance(item, ResolvedFragment) and item.condition is not None:
            if not isinstance(item.condition, ObjectType):
                raise _InvalidSelectionError("type conditions must be object types")
            if item.condition in runtime_types:
                used_conditions.add(item.condition.name)
                matching.append(item)
    if not matching:
        raise _InvalidSelectionError(f'no type condition matches "{setter.name}"')
    for fragment in matching:
        _check_value(schema, argument, fragment.condition or setter, fragment.children)


def _check_value(
    schema: SubgraphSchema, argument: Argument, parent: NamedType, resolved: Sequence[Resolved]
) -> None:
    found = _value_type(schema, parent, resolved)
    if found is None or not _fits(found, argument.type):
        raise _InvalidSelectionError(
            f'the type of the selection, "{found or "several types"}", does not match the expected type'
            f' "{argument.type}"'
        )


def _value_type(
    schema: SubgraphSchema, parent: NamedType, resolved: Sequence[Resolved]
) -> TypeReference | None:
    """The type of the one value that is selected, without its `!`s; None when several types are selected."""
    if schema.is_interface_object(parent):
        raise _InvalidSelectionError(f'type "{parent.name}" in the selection is an @interfaceObject')
    found: set[TypeReference | None] = set()
    for item in resolved:
        if not isinstance(item, ResolvedField) or item.definition is None:
            found.add(None)
            continue
        reference = item.definition.type
        inner: TypeReference | None = base_name(reference)
        if item.selection.selections:
            target = schema.types[base_name(reference)]
            inner = _value_type(schema, target, item.children)
        found.add(None if inner is None else _wrapped(reference, inner))
    return found.pop() if len(found) == 1 else None


def _wrapped(reference: TypeReference, inner: TypeReference) -> TypeReference:
    """`inner` in as many lists as `reference` has."""
    if is_list(reference):
        return f"[{_wrapped(item_of(reference), inner)}]"
    return inner


def _fits(found: TypeReference, expected: TypeReference) -> bool:
    """True if the value may fill the argument. It may always be null, so it never fits a type with `!`."""
    if is_list(found) and is_list(expected) and not is_non_null(expected):
        return _fits(item_of(found), item_of(expected))
    return found == expected


def _directives(selections: FieldSet) -> Iterator[str]:
    for item in selections:
        yield from item.directives
        yield from _directives(item.selections)
