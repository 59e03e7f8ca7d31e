"""Answers `__schema` and `__type` from the API schema. No subgraph is asked for them."""

from __future__ import annotations

from collections.abc import Mapping
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

from marquee_foundation.lru import LeastRecentlyUsed

Answer: TypeAlias = Mapping[str, Any]
"""The introspection fields of a response, by response key, as JSON."""

_FIELDS = frozenset({"__schema", "__type"})


class Introspection:
    """Introspection of one API schema; a few answers are kept as JSON."""

    def __init__(self, schema: GraphQLSchema, cached: int = 16) -> None:
        self.schema = schema
        self.answers: LeastRecentlyUsed[tuple[str, bytes], Answer] = LeastRecentlyUsed(cached)

    def compile(self, document: DocumentNode, operation: OperationDefinitionNode) -> Introspect | None:
        """The introspection part of `operation`; None if it has none."""
        fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        selections = _introspection_only(operation.selection_set, fragments)
        if not selections:
            return None
        kept = replace(operation, selection_set=SelectionSetNode(selections=selections))
        return Introspect(self, DocumentNode(definitions=(kept, *fragments.values())))


class Introspect:
    """The introspection part of one operation."""

    __slots__ = ("_document", "_introspection", "_names", "_text")

    def __init__(self, introspection: Introspection, document: DocumentNode) -> None:
        operation = document.definitions[0]
        assert isinstance(operation, OperationDefinitionNode)
        self._introspection = introspection
        self._document = document
        self._text = print_ast(document)
        self._names = sorted(each.variable.name.value for each in operation.variable_definitions or ())

    def known(self, variables: Mapping[str, Any]) -> Answer | None:
        """The answer, if it is kept. Call it on the event loop only, like `keep`."""
        return self._introspection.answers.get(self._key(variables))

    def keep(self, variables: Mapping[str, Any], answer: Answer) -> None:
        """Keep an answer."""
        self._introspection.answers.put(self._key(variables), answer)

    def answer(self, variables: Mapping[str, Any]) -> Answer:
        """Execute the introspection fields. On a large schema this takes long: call it on a worker thread."""
        result = execute_sync(
            self._introspection.schema, self._document, variable_values=self._used(variables)
        )
        return {key: orjson.Fragment(orjson.dumps(value)) for key, value in (result.data or {}).items()}

    def _used(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        return {name: variables[name] for name in self._names if name in variables}

    def _key(self, variables: Mapping[str, Any]) -> tuple[str, bytes]:
        return self._text, orjson.dumps(self._used(variables))


def _introspection_only(
    selection_set: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> tuple[SelectionNode, ...]:
    """The root selections reduced to `__schema` and `__type`; fragment spreads become inline fragments."""
    kept: list[SelectionNode] = []
    for selection in selection_set.selections:
        if isinstance(selection, FieldNode):
            if selection.name.value in _FIELDS:
                kept.append(selection)
            continue
        # A fragment may select other fields too, and be spread elsewhere: only this copy of it is reduced.
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
