"""What one fetch selects, as a tree that grows while the fetch graph is built. Owns its shape, not its text.

An entry is a field on some object types. Where a field is selected twice under one key, there is one entry,
under the conditions of either; what is below keeps the conditions under which it was selected. So
`{ a @include(if: $x) { b } a @include(if: $y) { c } }` becomes `a` if `$x` or `$y`, with `b` only if `$x`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from marquee_router.planning.active_graph import ActiveGraph
from marquee_router.planning.conditions import ALWAYS, given, narrowed, widened
from marquee_router.planning.errors import TooComplexError
from marquee_router.planning.operation import NormalizedField, NormalizedSelection
from marquee_router.planning.plan import Conditions
from marquee_router.planning.source_keys import TYPENAME
from marquee_schema.field_set import FieldSet
from marquee_schema.query_graph import Node


@dataclass(slots=True, eq=False)
class Entry:
    """A field under one key, on some object types."""

    field: NormalizedField
    types: frozenset[str]
    conditions: Conditions
    """Beyond those of the entry around it."""
    tree: SelectionTree | None

    def below(self, outer: Conditions, conditions: Conditions) -> Conditions:
        """What `conditions` of a field below become, if it is selected where this field is under `outer`."""
        if not outer and not self.conditions:
            return conditions
        own = conditions if outer == self.conditions else narrowed(conditions, outer)
        known = given(self.conditions, own)
        return own if known is None else known

    def widen(self, conditions: Conditions) -> None:
        """Select the field under these conditions as well, and what is below it as before."""
        before = self.conditions
        self.conditions = widened(before, conditions) or ALWAYS
        if self.conditions != before and self.tree is not None:
            # The field is now selected more often, but what is below it must not be.
            for entry in self.tree.entries.values():
                entry.conditions = self.below(before, entry.conditions)


@dataclass(slots=True, eq=False)
class SelectionTree:
    """The fields selected of an object in a fetch."""

    node: Node
    typename: bool = False
    """True if `__typename` is selected."""
    hides_typename: bool = False
    """True if another fetch reads the concrete type, which the interface's name must not overwrite."""
    interface_name: bool = False
    """True if the interface's name is of use for objects of an `@interfaceObject`, which has no other."""
    entries: dict[tuple[str, frozenset[str]], Entry] = field(default_factory=dict)

    def enter(
        self, field_: NormalizedField, types: frozenset[str], conditions: Conditions, head: Node | None
    ) -> Entry:
        """The entry of the field on these types: a new one, or the known one with wider conditions."""
        key = (field_.source, types)
        entry = self.entries.get(key)
        if entry is None:
            entry = Entry(field_, types, conditions, SelectionTree(head) if head is not None else None)
            self.entries[key] = entry
        else:
            entry.widen(conditions)
        return entry


class TreeBuilder:
    """Adds whole selections to trees; bounded by the number of fields it writes."""

    def __init__(self, graph: ActiveGraph, max_fields: int) -> None:
        self._graph = graph
        self._remaining = max_fields

    def head(self, tree: SelectionTree, field_: NormalizedField, types: frozenset[str]) -> Node | None:
        """Where the field leads to from the tree's node, on types that are alike."""
        edge = self._graph.field_edge(self._graph.narrow(tree.node, min(types)), field_.name)
        return edge.head if edge is not None else None

    def add_field(
        self,
        tree: SelectionTree,
        field_: NormalizedField,
        types: frozenset[str],
        conditions: Conditions,
        *,
        interface_name: bool,
    ) -> None:
        """Select the field and all that is selected below it. Raises `TooComplexError`."""
        self._remaining -= 1
        if self._remaining < 0:
            raise TooComplexError("The operation selects too much of one subgraph")
        if field_.name == TYPENAME:
            tree.typename = True
            return
        for same, head in self._heads(tree, field_, types):
            entry = tree.enter(field_, same, conditions, head)
            if entry.tree is not None and field_.selection is not None:
                entry.tree.interface_name = entry.tree.interface_name or interface_name
                self._add_selection(entry, conditions, field_.selection, interface_name=interface_name)

    def provided_requirement(
        self, tree: SelectionTree, field_: NormalizedField, types: frozenset[str]
    ) -> FieldSet:
        """What the field requires, if it is read in place because that is provided there."""
        edge = self._graph.field_edge(self._graph.narrow(tree.node, min(types)), field_.name)
        return edge.requires if edge is not None else ()

    def add_all(self, tree: SelectionTree, selection: NormalizedSelection, conditions: Conditions) -> None:
        """Select the fields of a field set."""
        for type_name, fields in selection.by_type.items():
            for item in fields:
                self.add_field(tree, item, frozenset((type_name,)), conditions, interface_name=True)

    def _add_selection(
        self, entry: Entry, outer: Conditions, selection: NormalizedSelection, *, interface_name: bool
    ) -> None:
        """Select what the subgraph can return of the selection, where the entry is selected under `outer`."""
        tree = entry.tree
        if tree is None:
            return
        possible = self._graph.possible_types(tree.node) if self._graph.knows_types(tree.node) else None
        is_unconditional = not outer and not entry.conditions
        for item, types in selection.fields(possible):
            own = item.conditions if is_unconditional else entry.below(outer, item.conditions)
            self.add_field(tree, item, types, own, interface_name=interface_name)

    def _heads(
        self, tree: SelectionTree, field_: NormalizedField, types: frozenset[str]
    ) -> list[tuple[frozenset[str], Node | None]]:
        if len(types) == 1 or not self._graph.knows_types(tree.node):
            return [(types, self.head(tree, field_, types))]
        # One field can lead to different nodes: `Book.author: Person` and `Film.author: Company`.
        heads: dict[Node | None, set[str]] = {}
        for type_name in sorted(types):
            heads.setdefault(self.head(tree, field_, frozenset((type_name,))), set()).add(type_name)
        return [(frozenset(members), head) for head, members in heads.items()]
