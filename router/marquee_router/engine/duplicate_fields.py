"""Drops duplicate plain fields from selection sets: `{ id id id }` becomes `{ id }`.

They change nothing, and validation compares each pair of them, in quadratic time. Must never
change what an operation means, nor which errors it has: a field with arguments, directives or a selection set
is left as it is, and of equal plain fields the first one stays.
"""

from __future__ import annotations

from dataclasses import replace

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)


def without_duplicate_fields(document: DocumentNode) -> DocumentNode:
    """Return the document without duplicate plain fields."""
    definitions = tuple(
        replace(definition, selection_set=_reduced(definition.selection_set))
        if isinstance(definition, OperationDefinitionNode | FragmentDefinitionNode)
        else definition
        for definition in document.definitions
    )
    return replace(document, definitions=definitions)


def _reduced(selection_set: SelectionSetNode) -> SelectionSetNode:
    kept: list[SelectionNode] = []
    seen: set[tuple[str, str]] = set()
    changed = False
    for node in selection_set.selections:
        new: SelectionNode = node
        if isinstance(node, FieldNode):
            if node.selection_set is not None:
                inner = _reduced(node.selection_set)
                if inner is not node.selection_set:
                    new = replace(node, selection_set=inner)
            elif not node.arguments and not node.directives:
                name = node.name.value
                key = (name if node.alias is None else node.alias.value, name)
                if key in seen:
                    changed = True
                    continue
                seen.add(key)
        elif isinstance(node, InlineFragmentNode):
            inner = _reduced(node.selection_set)
            if inner is not node.selection_set:
                new = replace(node, selection_set=inner)
        changed = changed or new is not node
        kept.append(new)
    return replace(selection_set, selections=tuple(kept)) if changed else selection_set
