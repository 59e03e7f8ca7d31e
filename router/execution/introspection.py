"""Answers `__schema` and `__type` from the API schema. Subgraphs are never asked, and nothing else is
answered here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

import orjson
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    execute_sync,
    print_ast,
)

from router.lru import LeastRecentlyUsed

Introspect: TypeAlias = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""From coerced variables to the introspection fields of the answer, by response key, already encoded."""

_FIELDS = frozenset({"__schema", "__type"})


class Introspection:
    """Introspection of one API schema; results are kept encoded, few and bounded."""

    def __init__(self, schema: GraphQLSchema, cached: int = 16) -> None:
        self._schema = schema
        self._answers: LeastRecentlyUsed[tuple[str, bytes], Mapping[str, Any]] = LeastRecentlyUsed(cached)

    def compile(self, document: DocumentNode, operation: OperationDefinitionNode) -> Introspect | None:
        """A function that answers the introspection fields of `operation`; None when it selects none."""
        fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        selections = _introspection_only(operation.selection_set, fragments)
        if not selections:
            return None
        kept = replace(operation, selection_set=SelectionSetNode(selections=selections))
        filtered = DocumentNode(definitions=(kept, *fragments.values()))
        text = print_ast(filtered)
        names = sorted(definition.variable.name.value for definition in operation.variable_definitions or ())

        def introspect(variables: Mapping[str, Any]) -> Mapping[str, Any]:
            used = {name: variables[name] for name in names if name in variables}
            key = (text, orjson.dumps(used))
            known = self._answers.get(key)
            if known is None:
                known = self._answer(filtered, used)
                self._answers.put(key, known)
            return known

        return introspect

    def _answer(self, document: DocumentNode, variables: dict[str, Any]) -> Mapping[str, Any]:
        result = execute_sync(self._schema, document, variable_values=variables)
        return {key: orjson.Fragment(orjson.dumps(value)) for key, value in (result.data or {}).items()}


def _introspection_only(
    selection_set: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> tuple[SelectionNode, ...]:
    """The root selections without everything but `__schema` and `__type`; spreads become inline fragments."""
    kept: list[SelectionNode] = []
    for selection in selection_set.selections:
        if isinstance(selection, FieldNode):
            if selection.name.value in _FIELDS:
                kept.append(selection)
            continue
        body = selection
        if isinstance(selection, FragmentSpreadNode):
            fragment = fragments[selection.name.value]
            body = InlineFragmentNode(
                type_condition=fragment.type_condition,
                directives=selection.directives,
                selection_set=fragment.selection_set,
            )
        assert isinstance(body, InlineFragmentNode)
        inner = _introspection_only(body.selection_set, fragments)
        if inner:
            kept.append(replace(body, selection_set=SelectionSetNode(selections=inner)))
    return tuple(kept)
