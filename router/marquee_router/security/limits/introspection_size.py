"""`IntrospectionSizes`: how many values the answer to `__schema` and `__type` has, estimated.

The bound is twice the size of the introspection query that tools send, for the same schema: it grows with the
schema and never stops a tool. Without a bound `{ __schema { types { fields { type { fields … } } } } }`
multiplies.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_introspection_query,
    is_abstract_type,
    parse,
)

TIMES_A_TOOLS_QUERY: Final = 2
_ROOTS: Final = frozenset({"__schema", "__type"})


class IntrospectionSizes:
    """Estimates for one schema; each list counts with its average length."""

    def __init__(self, schema: GraphQLSchema) -> None:
        types = list(schema.type_map.values())
        fielded = [each for each in types if isinstance(each, GraphQLObjectType | GraphQLInterfaceType)]
        inputs = [len(each.fields) for each in types if isinstance(each, GraphQLInputObjectType)]
        enums = [len(each.values) for each in types if isinstance(each, GraphQLEnumType)]
        fields = [field for each in fielded for field in each.fields.values()]
        possible = sum(len(schema.get_possible_types(each)) for each in types if is_abstract_type(each))
        self._lengths: Mapping[str, float] = {
            "types": len(types),
            "directives": len(schema.directives),
            "fields": len(fields) / len(types),
            "inputFields": sum(inputs) / len(types),
            "enumValues": sum(enums) / len(types),
            "args": sum(len(field.args) for field in fields) / max(len(fields), 1),
            "interfaces": sum(len(each.interfaces) for each in fielded) / len(types),
            "possibleTypes": possible / len(types),
        }
        tools = parse(get_introspection_query(input_value_deprecation=True, specified_by_url=True))
        operation, fragments = _parts(tools)
        self.maximum = TIMES_A_TOOLS_QUERY * self.of(operation, fragments)

    def of(self, operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]) -> int:
        """The number of values in the introspection part of the answer to a valid operation."""
        walk = _Walk(self._lengths, fragments)
        return int(sum(walk.field(node) for node in walk.fields(operation.selection_set) if _asks(node)))


class _Walk:
    """Estimates one operation; each fragment is estimated once."""

    def __init__(self, lengths: Mapping[str, float], fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._lengths = lengths
        self._fragments = fragments
        self._known: dict[str, float] = {}

    def fields(self, selections: SelectionSetNode) -> Iterator[FieldNode]:
        """The fields of a selection set, fragments included."""
        for node in selections.selections:
            if isinstance(node, FieldNode):
                yield node
            elif isinstance(node, InlineFragmentNode):
                yield from self.fields(node.selection_set)
            elif isinstance(node, FragmentSpreadNode):
                yield from self.fields(self._fragments[node.name.value].selection_set)

    def field(self, node: FieldNode) -> float:
        """The number of values of a field and below it."""
        times = self._lengths.get(node.name.value, 1.0)
        return times * (1.0 + (self._set(node.selection_set) if node.selection_set else 0.0))

    def _set(self, selections: SelectionSetNode) -> float:
        total = 0.0
        for node in selections.selections:
            if isinstance(node, FieldNode):
                total += self.field(node)
            elif isinstance(node, InlineFragmentNode):
                total += self._set(node.selection_set)
            elif isinstance(node, FragmentSpreadNode):
                total += self._fragment(node.name.value)
        return total

    def _fragment(self, name: str) -> float:
        known = self._known.get(name)
        if known is None:
            known = self._known[name] = self._set(self._fragments[name].selection_set)
        return known


def _asks(node: FieldNode) -> bool:
    return node.name.value in _ROOTS


def _parts(
    document: DocumentNode,
) -> tuple[OperationDefinitionNode, Mapping[str, FragmentDefinitionNode]]:
    [operation] = [each for each in document.definitions if isinstance(each, OperationDefinitionNode)]
    return operation, {
        each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
    }
