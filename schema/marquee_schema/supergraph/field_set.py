"""Field sets (`@key`, `@requires`, `@provides`) as immutable values; owns their parsing and printing only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from graphql import FieldNode, GraphQLError, InlineFragmentNode, SelectionSetNode, parse, print_ast
from graphql.language import OperationDefinitionNode

from marquee_schema.supergraph.errors import SupergraphError


@dataclass(frozen=True, slots=True)
class FieldSetField:
    """One field of a field set; argument values are GraphQL text."""

    name: str
    arguments: tuple[tuple[str, str], ...] = ()
    selections: FieldSet = ()


@dataclass(frozen=True, slots=True)
class FieldSetFragment:
    """An inline fragment of a field set."""

    type_condition: str
    selections: FieldSet


FieldSetSelection: TypeAlias = FieldSetField | FieldSetFragment
FieldSet: TypeAlias = tuple[FieldSetSelection, ...]


def parse_field_set(text: str) -> FieldSet:
    """Read a field set, with or without outer braces. Raises `SupergraphError` when it is not one."""
    body = text.strip()
    if not body.startswith("{"):
        body = f"{{ {body} }}"
    try:
        document = parse(body, no_location=True)
    except GraphQLError as error:
        raise SupergraphError(f'"{text}" is not a field set: {error.message}') from error
    definition = document.definitions[0]
    if len(document.definitions) != 1 or not isinstance(definition, OperationDefinitionNode):
        raise SupergraphError(f'"{text}" is not a field set')
    return _selections(definition.selection_set, text)


def _selections(node: SelectionSetNode, text: str) -> FieldSet:
    found: list[FieldSetSelection] = []
    for selection in node.selections:
        if isinstance(selection, FieldNode):
            arguments = tuple((a.name.value, print_ast(a.value)) for a in selection.arguments or ())
            nested = _selections(selection.selection_set, text) if selection.selection_set else ()
            found.append(FieldSetField(selection.name.value, arguments, nested))
        elif isinstance(selection, InlineFragmentNode):
            nested = _selections(selection.selection_set, text)
            if selection.type_condition is None:
                found.extend(nested)
            else:
                found.append(FieldSetFragment(selection.type_condition.name.value, nested))
        else:
            raise SupergraphError(f'"{text}" may not use named fragments')
    return tuple(found)


def print_field_set(field_set: FieldSet) -> str:
    """The field set on one line, without outer braces."""
    parts: list[str] = []
    for selection in field_set:
        if isinstance(selection, FieldSetField):
            arguments = ", ".join(f"{name}: {value}" for name, value in selection.arguments)
            head = f"{selection.name}({arguments})" if arguments else selection.name
        else:
            head = f"... on {selection.type_condition}"
        nested = f" {{ {print_field_set(selection.selections)} }}" if selection.selections else ""
        parts.append(head + nested)
    return " ".join(parts)
