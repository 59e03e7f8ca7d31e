"""Finds the node of a document that a response path leads to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
)


def node_at(document: DocumentNode, operation: OperationDefinitionNode, path: Sequence[str]) -> Node:
    """The field at this path of response keys, or its nearest ancestor in the document; for `()` the
    operation."""
    fragments = {
        each.name.value: each for each in document.definitions if isinstance(each, FragmentDefinitionNode)
    }
    nearest: Node = operation
    sets = [operation.selection_set]
    for key in path:
        fields = [field for each in sets for field in _fields(each, fragments, set()) if _key(field) == key]
        if not fields:
            break
        nearest = fields[0]
        sets = [field.selection_set for field in fields if field.selection_set is not None]
    return nearest


def _key(field: FieldNode) -> str:
    return (field.alias or field.name).value


def _fields(
    selections: SelectionSetNode, fragments: dict[str, FragmentDefinitionNode], seen: set[str]
) -> Iterator[FieldNode]:
    for node in selections.selections:
        if isinstance(node, FieldNode):
            yield node
        elif isinstance(node, InlineFragmentNode):
            yield from _fields(node.selection_set, fragments, seen)
        elif (
            isinstance(node, FragmentSpreadNode)
            and node.name.value in fragments
            and node.name.value not in seen
        ):
            seen.add(node.name.value)
            yield from _fields(fragments[node.name.value].selection_set, fragments, seen)
