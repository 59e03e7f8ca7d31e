"""Field sets, the selections inside `@key(fields: "id owner { id }")` and its like: the records, their one
parser and their printer.

Knows no schema: whether a type has the selected fields is for `composition.selected_fields` to check.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from graphql import FieldNode, GraphQLError, InlineFragmentNode, SelectionSetNode, parse, print_ast
from graphql.language import OperationDefinitionNode


class FieldSetError(Exception):
    """The text is not a field set, or the field set does not fit the type it is applied to."""


@dataclass(frozen=True, slots=True)
class FieldSetField:
    """One field of a field set.

    `arguments` are pairs of a name and its value as GraphQL text. `selections` is empty for a leaf: the
    parser refuses `{ }`. A valid field set has neither an `alias` nor `directives` (names without `@`): the
    parser keeps them for composition, which reports them.
    """

    name: str
    arguments: tuple[tuple[str, str], ...] = ()
    selections: FieldSet = ()
    alias: str | None = None
    directives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FieldSetFragment:
    """An inline fragment of a field set.

    `type_condition` is empty for `... { id }`. The loader of the supergraph replaces such fragments by their
    contents (`inlined`), so query graph and planner always see a type's name here.
    """

    type_condition: str
    selections: FieldSet
    directives: tuple[str, ...] = ()


FieldSetSelection: TypeAlias = FieldSetField | FieldSetFragment
FieldSet: TypeAlias = tuple[FieldSetSelection, ...]


# Composition reads each field set in several rules, and a key such as `id` is the same in most types.
@lru_cache(maxsize=65536)
def parse_field_set(text: str) -> FieldSet:
    """The selections of a field set as written, with or without outer braces.

    Raises `FieldSetError` when the text is not one selection set, or has named fragments.
    """
    # Some composers write `{ id }`, most write `id`.
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


def _selections(node: SelectionSetNode) -> FieldSet:
    # graphql-core parses `{ }` although the specification does not allow it.
    if not node.selections:
        raise FieldSetError("A selection of fields cannot be empty.")
    found: list[FieldSetSelection] = []
    for item in node.selections:
        directives = tuple(directive.name.value for directive in item.directives or ())
        if isinstance(item, FieldNode):
            arguments = tuple((a.name.value, print_ast(a.value)) for a in item.arguments or ())
            nested = _selections(item.selection_set) if item.selection_set else ()
            alias = item.alias.value if item.alias else None
            found.append(FieldSetField(item.name.value, arguments, nested, alias, directives))
        elif isinstance(item, InlineFragmentNode):
            condition = item.type_condition.name.value if item.type_condition else ""
            found.append(FieldSetFragment(condition, _selections(item.selection_set), directives))
        else:
            raise FieldSetError("Named fragments cannot be used here.")
    return tuple(found)


def inlined(field_set: FieldSet) -> FieldSet:
    """The same field set with each fragment without a type condition replaced by its contents.

    `id ... { owner { id } }` becomes `id owner { id }`.
    """
    return tuple(_inlined(field_set))


def _inlined(field_set: FieldSet) -> Iterator[FieldSetSelection]:
    for item in field_set:
        if isinstance(item, FieldSetField):
            nested = inlined(item.selections)
            yield FieldSetField(item.name, item.arguments, nested, item.alias, item.directives)
        elif item.type_condition:
            yield FieldSetFragment(item.type_condition, inlined(item.selections), item.directives)
        else:
            yield from _inlined(item.selections)


def print_field_set(field_set: FieldSet, print_literal: Callable[[str], str] = str) -> str:
    """The field set on one line, without outer braces and directives.

    `print_literal` rewrites the text of each argument's value; by default it is printed as it was written.
    """
    parts: list[str] = []
    for item in field_set:
        if isinstance(item, FieldSetField):
            head = f"{item.alias}: {item.name}" if item.alias else item.name
            if item.arguments:
                listed = ", ".join(f"{name}: {print_literal(value)}" for name, value in item.arguments)
                head += f"({listed})"
        else:
            head = f"... on {item.type_condition}" if item.type_condition else "..."
        nested = f" {{ {print_field_set(item.selections, print_literal)} }}" if item.selections else ""
        parts.append(head + nested)
    return " ".join(parts)
