"""Field sets: the selections inside `@key(fields: "id owner { id }")` and its like, parsed once and resolved
against a schema.

Reads and resolves only; which fields a directive may select is the matter of the rules in `validation`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

from graphql import (
    FieldNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    parse,
)

from marquee_schema.composition.literal_types import is_valid_literal
from marquee_schema.composition.model import Argument, CompositeType, Field, NamedType, Schema, UnionType
from marquee_schema.composition.type_reference import base_name
from marquee_schema.composition.values import Value, print_value, value_of


class FieldSetError(Exception):
    """The text is no field set, or it does not fit the type it is for."""


class UnknownFieldError(FieldSetError):
    """The field set selects a field that its parent type does not have."""


class InvalidArgumentError(FieldSetError):
    """An argument is unknown, missing or of the wrong type; says which argument of which field."""

    def __init__(self, message: str, field: Field, argument: str) -> None:
        super().__init__(message)
        self.field = field
        self.argument = argument


@dataclass(frozen=True, slots=True)
class FieldSelection:
    """A selected field; `selections` is None without a selection set of its own.

    Arguments count as they are printed: lists and objects have no hash, and true is not 1.
    """

    name: str
    alias: str | None
    arguments: tuple[tuple[str, Value], ...] = field(compare=False)
    directives: tuple[str, ...]
    selections: "tuple[Selection, ...] | None"
    arguments_text: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        printed = sorted(f"{name}: {print_value(value)}" for name, value in self.arguments)
        object.__setattr__(self, "arguments_text", ", ".join(printed))


@dataclass(frozen=True, slots=True)
class FragmentSelection:
    """An inline fragment; `condition` is None for `... { }`."""

    condition: str | None
    directives: tuple[str, ...]
    selections: "tuple[Selection, ...]"


Selection: TypeAlias = FieldSelection | FragmentSelection


@dataclass(frozen=True, slots=True)
class ResolvedField:
    """A selected field with its definition, None for `__typename`."""

    selection: FieldSelection
    definition: Field | None
    children: "tuple[Resolved, ...]"


@dataclass(frozen=True, slots=True)
class ResolvedFragment:
    """An inline fragment with the type it narrows to."""

    selection: FragmentSelection
    condition: NamedType | None
    children: "tuple[Resolved, ...]"


Resolved: TypeAlias = ResolvedField | ResolvedFragment


@lru_cache(maxsize=65536)
def parse_field_set(text: str) -> tuple[Selection, ...]:
    """The selections of a field set, with or without outer braces; raises `FieldSetError`."""
    source = text if text.strip().startswith("{") else f"{{{text}}}"
    try:
        document = parse(source, no_location=True)
    except GraphQLError as error:
        raise FieldSetError(error.message) from error
    except RecursionError as error:
        raise FieldSetError("The selection is nested too deeply.") from error
    if len(document.definitions) != 1:
        raise FieldSetError(f"Expected one selection set, found {len(document.definitions)}.")
    definition = document.definitions[0]
    if not isinstance(definition, OperationDefinitionNode):
        raise FieldSetError("Expected a selection set.")
    return _selections(definition.selection_set)


def _selections(node: SelectionSetNode) -> tuple[Selection, ...]:
    selections: list[Selection] = []
    if not node.selections:
        raise FieldSetError("A selection of fields cannot be empty.")
    for item in node.selections:
        directives = tuple(directive.name.value for directive in item.directives or ())
        if isinstance(item, FieldNode):
            arguments = tuple((a.name.value, value_of(a.value)) for a in item.arguments or ())
            children = _selections(item.selection_set) if item.selection_set else None
            alias = item.alias.value if item.alias else None
            selections.append(FieldSelection(item.name.value, alias, arguments, directives, children))
        elif isinstance(item, InlineFragmentNode):
            condition = item.type_condition.name.value if item.type_condition else None
            selections.append(FragmentSelection(condition, directives, _selections(item.selection_set)))
        else:
            raise FieldSetError("Named fragments cannot be used here.")
    return tuple(selections)


def print_selections(selections: tuple[Selection, ...]) -> str:
    """The field set as one line of text."""
    parts: list[str] = []
    for item in selections:
        if isinstance(item, FieldSelection):
            text = f"{item.alias}: {item.name}" if item.alias else item.name
            if item.arguments:
                text += (
                    "(" + ", ".join(f"{name}: {print_value(value)}" for name, value in item.arguments) + ")"
                )
            parts.append(f"{text} {{ {print_selections(item.selections)} }}" if item.selections else text)
        else:
            on = f"... on {item.condition}" if item.condition else "..."
            parts.append(f"{on} {{ {print_selections(item.selections)} }}")
    return " ".join(parts)


def normalized(selections: tuple[Selection, ...]) -> frozenset[object]:
    """A form that is equal for field sets that differ in order and repetition only."""
    merged: dict[tuple[object, ...], list[tuple[Selection, ...]]] = {}
    for item in selections:
        if isinstance(item, FieldSelection):
            head: tuple[object, ...] = ("field", item.name, item.alias, item.arguments_text)
            merged.setdefault(head, []).append(item.selections or ())
        else:
            merged.setdefault(("fragment", item.condition), []).append(item.selections)
    return frozenset((head, normalized(sum(children, ()))) for head, children in merged.items())


def fields_selected(schema: Schema, parent: NamedType, selections: tuple[Selection, ...]) -> Iterator[Field]:
    """Every field a field set names, outside in; raises `FieldSetError` where the schema does not have it."""
    for item in selections:
        if isinstance(item, FieldSelection):
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
    selections: tuple[Selection, ...],
    on_field: Callable[[Field], None] | None = None,
    is_contextual: Callable[[Argument], bool] = lambda _: False,
) -> tuple[Resolved, ...]:
    """The field set with its definitions, once it is known to be valid on `parent`; raises `FieldSetError`
    otherwise.

    `on_field` sees each field before its selection is looked into and may raise. Arguments that
    `is_contextual` accepts are
    filled by the router and need no value.
    """
    resolved: list[Resolved] = []
    for item in selections:
        if isinstance(item, FragmentSelection):
            condition = _narrowed(schema, parent, item)
            children = resolve(schema, condition, item.selections, on_field, is_contextual)
            resolved.append(ResolvedFragment(item, condition if item.condition else None, children))
            continue
        definition = _definition(parent, item.name)
        children = ()
        if definition is not None:
            if on_field:
                on_field(definition)
            if item.selections is not None:
                inner = _composite_of(schema, definition)
                children = resolve(schema, inner, item.selections, on_field, is_contextual)
            elif _is_composite(schema.types.get(base_name(definition.type))):
                raise FieldSetError(
                    f'Field "{definition.coordinate}" of type "{definition.type}" needs a selection of its'
                    " fields."
                )
            _check_arguments(schema, definition, item, is_contextual)
        elif item.selections is not None:
            raise FieldSetError('Field "__typename" has no fields to select from.')
        resolved.append(ResolvedField(item, definition, children))
    return tuple(resolved)


def aliases(selections: tuple[Selection, ...]) -> Iterator[str]:
    """Every alias in a field set."""
    for item in selections:
        if isinstance(item, FieldSelection) and item.alias:
            yield item.alias
        yield from aliases(item.selections or ())


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


def _narrowed(schema: Schema, parent: NamedType, fragment: FragmentSelection) -> NamedType:
    if fragment.condition is None:
        return parent
    condition = schema.types.get(fragment.condition)
    if condition is None or not _is_composite(condition):
        raise FieldSetError(f'Unknown or non-composite type "{fragment.condition}" in a fragment.')
    return condition


def _check_arguments(
    schema: Schema, definition: Field, selection: FieldSelection, is_contextual: Callable[[Argument], bool]
) -> None:
    given = dict(selection.arguments)
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
