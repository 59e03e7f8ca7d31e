"""`DocumentSizes`: measures a parsed document as if its fragments were expanded, without expanding them.

Each fragment is measured once and its size added at each spread: a document whose fragments multiply (`a`
spreads
`b` ten times, `b` spreads `c` ten times…) is measured in linear time. Must survive fragments that spread
themselves, because validation comes later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

INTROSPECTION_FIELDS = frozenset({"__schema", "__type"})


@dataclass(frozen=True, slots=True)
class Size:
    """The size of a selection set, fragments included."""

    fields: int = 0
    aliases: int = 0
    directives: int = 0
    depth: int = 0
    introspection: bool = False

    def plus(self, other: Size) -> Size:
        """The size of both in one selection set."""
        return Size(
            self.fields + other.fields,
            self.aliases + other.aliases,
            self.directives + other.directives,
            max(self.depth, other.depth),
            self.introspection or other.introspection,
        )


EMPTY = Size()


class DocumentSizes:
    """Sizes of the operations of one document."""

    def __init__(self, document: DocumentNode) -> None:
        self.fragments: dict[str, FragmentDefinitionNode] = {}
        self.operations: list[OperationDefinitionNode] = []
        self.fragment_count = 0
        """The number of definitions, also of equal names."""
        self.cyclic = False
        """True if a fragment spreads itself: validation will refuse the document."""
        self._measured: dict[str, Size] = {}
        for definition in document.definitions:
            if isinstance(definition, FragmentDefinitionNode):
                self.fragments[definition.name.value] = definition
                self.fragment_count += 1
            elif isinstance(definition, OperationDefinitionNode):
                self.operations.append(definition)

    def of(self, operation: OperationDefinitionNode) -> Size:
        """The size of an operation."""
        own = Size(directives=len(operation.directives or ()))
        for variable in operation.variable_definitions or ():
            own = own.plus(Size(directives=len(variable.directives or ())))
        return own.plus(self._set(operation.selection_set, frozenset()))

    def _set(self, selection_set: SelectionSetNode, within: frozenset[str]) -> Size:
        size = EMPTY
        for node in selection_set.selections:
            size = size.plus(self._node(node, within))
        return size

    def _node(self, node: SelectionNode, within: frozenset[str]) -> Size:
        own = Size(directives=len(node.directives or ()))
        if isinstance(node, FieldNode):
            inner = self._set(node.selection_set, within) if node.selection_set else EMPTY
            return Size(
                fields=1 + inner.fields,
                aliases=(node.alias is not None) + inner.aliases,
                directives=own.directives + inner.directives,
                depth=1 + inner.depth,
                introspection=node.name.value in INTROSPECTION_FIELDS or inner.introspection,
            )
        if isinstance(node, InlineFragmentNode):
            return own.plus(self._set(node.selection_set, within))
        if isinstance(node, FragmentSpreadNode):
            return own.plus(self._fragment(node.name.value, within))
        return own

    def _fragment(self, name: str, within: frozenset[str]) -> Size:
        known = self._measured.get(name)
        if known is not None:
            return known
        fragment = self.fragments.get(name)
        if fragment is None:
            return EMPTY
        # Fragments that spread themselves are invalid, but validation has not run yet.
        if name in within:
            self.cyclic = True
            return EMPTY
        size = Size(directives=len(fragment.directives or ())).plus(
            self._set(fragment.selection_set, within | {name})
        )
        self._measured[name] = size
        return size


def root_keys(operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]) -> int:
    """The number of response keys at the root."""
    return len({_response_key(field) for field in _fields([operation.selection_set], fragments)})


def _response_key(field: FieldNode) -> str:
    return field.alias.value if field.alias else field.name.value


def overlaps(
    selection_set: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode], bound: int
) -> int:
    """The number of pairs of selections that validation compares because they share a response key
    (specification 5.3.2); stops beyond `bound`.

    Fragments are expanded: measure the document first, and call it for no cyclic one.
    """
    pairs = 0
    groups: list[list[SelectionSetNode]] = [[selection_set]]
    while groups:
        by_key: dict[str, list[FieldNode]] = {}
        for field in _fields(groups.pop(), fragments):
            by_key.setdefault(_response_key(field), []).append(field)
        for fields in by_key.values():
            inner = [field.selection_set for field in fields if field.selection_set is not None]
            if inner:
                pairs += len(inner) * (len(inner) - 1) // 2
                if pairs > bound:
                    return pairs
                groups.append(inner)
    return pairs


def _fields(
    sets: list[SelectionSetNode], fragments: Mapping[str, FragmentDefinitionNode]
) -> Iterator[FieldNode]:
    waiting = list(sets)
    spread: set[str] = set()
    while waiting:
        for node in waiting.pop().selections:
            if isinstance(node, FieldNode):
                yield node
            elif isinstance(node, InlineFragmentNode):
                waiting.append(node.selection_set)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in spread:
                spread.add(node.name.value)
                fragment = fragments.get(node.name.value)
                if fragment is not None:
                    waiting.append(fragment.selection_set)
