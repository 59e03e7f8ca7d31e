"""The fields that a field set selects in one of the composer's schemas, and the mistakes that a field set can
contain.

The rules in `validation` decide which fields a directive may select.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from graphql import parse_value

from marquee_schema.composition.literal_types import is_valid_literal
from marquee_schema.composition.model import Argument, CompositeType, Field, NamedType, Schema, UnionType
from marquee_schema.composition.type_reference import base_name
from marquee_schema.composition.values import Value, print_value, value_of
from marquee_schema.field_set import FieldSet, FieldSetError, FieldSetField, FieldSetFragment


class UnknownFieldError(FieldSetError):
    """The field set selects a field that its parent type does not have."""


class InvalidArgumentError(FieldSetError):
    """An argument is unknown, missing or of the wrong type: `argument` of `field`."""

    def __init__(self, message: str, field: Field, argument: str) -> None:
        super().__init__(message)
        self.field = field
        self.argument = argument


@dataclass(frozen=True, slots=True)
class ResolvedField:
    """A selected field with its definition; None for `__typename`."""

    selection: FieldSetField
    definition: Field | None
    children: "tuple[Resolved, ...]"


@dataclass(frozen=True, slots=True)
class ResolvedFragment:
    """An inline fragment with the type that it narrows to."""

    selection: FieldSetFragment
    condition: NamedType | None
    children: "tuple[Resolved, ...]"


Resolved: TypeAlias = ResolvedField | ResolvedFragment


@lru_cache(maxsize=4096)
def literal_value(text: str) -> Value:
    """The value of an argument in a field set."""
    return value_of(parse_value(text, no_location=True))


def canonical_literal(text: str) -> str:
    """The text of an argument's value in the form that all equal values share: `1.0` becomes `1`."""
    return print_value(literal_value(text))


def normalized(selections: FieldSet) -> frozenset[object]:
    """A value that is equal for field sets that differ in order and repetition only."""
    merged: dict[tuple[object, ...], list[FieldSet]] = {}
    for item in selections:
        if isinstance(item, FieldSetField):
            head: tuple[object, ...] = ("field", item.name, item.alias, *_canonical_arguments(item))
            merged.setdefault(head, []).append(item.selections)
        else:
            merged.setdefault(("fragment", item.type_condition), []).append(item.selections)
    return frozenset((head, normalized(sum(children, ()))) for head, children in merged.items())


def _canonical_arguments(selection: FieldSetField) -> list[tuple[str, str]]:
    return sorted((name, canonical_literal(text)) for name, text in selection.arguments)


def fields_selected(schema: Schema, parent: NamedType, selections: FieldSet) -> Iterator[Field]:
    """Every field that a field set selects, parents first; raises `FieldSetError` at one that the schema does
    not have."""
    for item in selections:
        if isinstance(item, FieldSetField):
            definition = _definition(parent, item.name)
            if definition is not None:
                yield definition
            if item.selections and definition is not None:
                yield from fields_selected(schema, _composite_of(schema, definition), item.selections)
        else:
            yield from fields_selected(schema, _narrowed(schema, parent, item), item.selections)


def resolve(
    schema: Schema,
    parent: NamedType,
    selections: FieldSet,
    on_field: Callable[[Field], None] | None = None,
    is_contextual: Callable[[Argument], bool] = lambda _: False,
) -> tuple[Resolved, ...]:
    """The field set with its definitions; raises `FieldSetError` if it is not valid on `parent`.

    `on_field` is called with each field before its selections are resolved, and may raise. Arguments for
    which `is_contextual` is true are filled by the router and need no value.
    """
    resolved: list[Resolved] = []
    for item in selections:
        if isinstance(item, FieldSetFragment):
            condition = _narrowed(schema, parent, item)
            children = resolve(schema, condition, item.selections, on_field, is_contextual)
            resolved.append(ResolvedFragment(item, condition if item.type_condition else None, children))
            continue
        definition = _definition(parent, item.name)
        children = ()
        if definition is not None:
            if on_field:
                on_field(definition)
            if item.selections:
                inner = _composite_of(schema, definition)
                children = resolve(schema, inner, item.selections, on_field, is_contextual)
            elif _is_composite(schema.types.get(base_name(definition.type))):
                raise FieldSetError(
                    f'Field "{definition.coordinate}" of type "{definition.type}" needs a selection of its'
                    " fields."
                )
            _check_arguments(schema, definition, item, is_contextual)
        elif item.selections:
            raise FieldSetError('Field "__typename" has no fields to select from.')
        resolved.append(ResolvedField(item, definition, children))
    return tuple(resolved)


def aliases(selections: FieldSet) -> Iterator[str]:
    """Every alias in a field set."""
    for item in selections:
        if isinstance(item, FieldSetField) and item.alias:
            yield item.alias
        yield from aliases(item.selections)


def _definition(parent: NamedType, name: str) -> Field | None:
    """The field's definition, None for `__typename`."""
    if name == "__typename":
        return None
    definition = parent.fields.get(name) if isinstance(parent, CompositeType) else None
    if definition is None:
        raise UnknownFieldError(f'Cannot query field "{name}" on type "{parent.name}"')
    return definition


def _is_composite(candidate: NamedType | None) -> bool:
    return isinstance(candidate, CompositeType | UnionType)


def _composite_of(schema: Schema, definition: Field) -> NamedType:
    inner = schema.types.get(base_name(definition.type))
    if inner is None or not _is_composite(inner):
        raise FieldSetError(
            f'Field "{definition.coordinate}" cannot have a selection: its type "{definition.type}" has no'
            " fields."
        )
    return inner


def _narrowed(schema: Schema, parent: NamedType, fragment: FieldSetFragment) -> NamedType:
    if not fragment.type_condition:
        return parent
    condition = schema.types.get(fragment.type_condition)
    if condition is None or not _is_composite(condition):
        raise FieldSetError(f'Unknown or non-composite type "{fragment.type_condition}" in a fragment.')
    return condition


def _check_arguments(
    schema: Schema, definition: Field, selection: FieldSetField, is_contextual: Callable[[Argument], bool]
) -> None:
    given = {name: literal_value(text) for name, text in selection.arguments}
    where = f'field "{definition.coordinate}"'
    for name, argument in definition.arguments.items():
        if is_contextual(argument):
            continue
        if name not in given:
            if argument.is_required:
                raise InvalidArgumentError(
                    f'Missing mandatory value for argument "{name}" of {where}.', definition, name
                )
        elif not is_valid_literal(schema, given[name], argument.type):
            raise InvalidArgumentError(
                f'Invalid value {print_value(given[name])} for argument "{name}" of {where}, which has type'
                f' "{argument.type}".',
                definition,
                name,
            )
    for name in given:
        if name not in definition.arguments:
            raise InvalidArgumentError(f'Unknown argument "{name}" of {where}.', definition, name)
