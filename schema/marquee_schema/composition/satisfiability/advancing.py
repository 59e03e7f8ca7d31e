"""One step of an operation, taken in the subgraphs: from each position, every position one can be in
afterwards."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from marquee_schema.composition.satisfiability.conditions import ConditionResolver
from marquee_schema.composition.satisfiability.contexts import RequiredContext, is_setter
from marquee_schema.composition.satisfiability.graph import FieldEdge, Node, SatisfiabilityGraph
from marquee_schema.field_set import FieldSetField

Labels = Mapping[str, bool]
"""The progressive overrides decided on the way here."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where an operation can be in one subgraph.

    `is_fresh` when the subgraph was just entered by a key. `setters` are the nodes passed last, by the
    context they set.
    """

    node: Node
    is_fresh: bool = False
    setters: tuple[tuple[frozenset[str], Node], ...] = ()


Spread: TypeAlias = Mapping[int, Sequence[Position]]
"""Positions by subgraph."""


@dataclass(slots=True)
class Advancer:
    """Takes steps; remembers where keys lead."""

    graph: SatisfiabilityGraph
    conditions: ConditionResolver
    context_setters: tuple[frozenset[str], ...] = ()
    _moves: dict[Node, list[Node]] = field(default_factory=dict)

    def moves(self, position: Position) -> list[Position]:
        """The same object in other subgraphs."""
        if position.node not in self._moves:
            self._moves[position.node] = self.conditions.reachable(position.node)
        return [Position(node, True, position.setters) for node in self._moves[position.node]]

    def spread(self, positions: Iterable[Position], *, stays: bool) -> Spread:
        """All positions with those that keys lead to from them, by subgraph; unless one `stays`, as at the
        root."""
        found: dict[int, dict[Position, None]] = {}
        for position in positions:
            found.setdefault(position.node.subgraph, {})[position] = None
            for moved in () if stays else self.moves(position):
                found.setdefault(moved.node.subgraph, {})[moved] = None
        return {index: list(entries) for index, entries in found.items()}

    def can_be(self, position: Position, type_name: str, *, from_interface: bool) -> bool:
        """Whether an object type can be met at all where one stands."""
        is_object = not self.graph.is_abstract(position.node)
        return (from_interface and is_object) or type_name in self.graph.runtime_types(position.node)

    def narrow(self, spread: Spread, type_name: str) -> list[Position]:
        """To one object type of an abstract one."""
        found: dict[Position, None] = {}
        for entries in spread.values():
            for position in entries:
                found.update(dict.fromkeys(self._narrow_here(position, type_name)))
        return list(found)

    def read(self, spread: Spread, owner: str, name: str, labels: Labels, *, is_leaf: bool) -> list[Position]:
        """A field of an object type; for a leaf, one way to read it is enough."""
        found: dict[Position, None] = {}
        for index in self.graph.definers_of(owner, name):
            for position in spread.get(index, ()):
                found.update(dict.fromkeys(self.read_here(position, owner, name, labels)))
            if found and is_leaf:
                break
        return list(found)

    def read_here(self, position: Position, owner: str, name: str, labels: Labels) -> list[Position]:
        """A field, without leaving the subgraph."""
        graph = self.graph
        if position.node.type != owner and graph.is_abstract(position.node):
            if owner not in graph.runtime_types(position.node):
                return []
            position = Position(graph.cast(position.node, owner), False, position.setters)
        edge = graph.field_edge(position.node, name)
        if edge is None or not self.can_take(position, edge, labels):
            return []
        setters = self._updated(position, owner)
        return [Position(edge.head or position.node, False, setters)]

    def can_take(self, position: Position, edge: FieldEdge, labels: Labels) -> bool:
        """Whether the override, the contexts and the requirements of a field let it be read."""
        condition = edge.condition
        if condition is not None and labels.get(condition.label) != condition.enabled:
            return False
        if edge.contexts:
            if not all(self.context_holds(position, context) for context in edge.contexts):
                return False
            if not self.graph.has_local_key(position.node):
                return False
        if not edge.requires:
            return True
        if not position.is_fresh and not self.graph.has_local_key(position.node):
            return False
        return self.conditions.holds(position.node, edge.requires)

    def context_holds(self, position: Position, context: RequiredContext) -> bool:
        """Whether the nearest type that sets a context can give what is selected there."""
        for setters, node in position.setters:
            if setters == context.setters:
                runtime_types = {t.name for t in self.graph.context.merged.runtime_types(node.type)}
                matching = tuple(
                    item
                    for item in context.selections
                    if isinstance(item, FieldSetField) or item.type_condition in ("", *runtime_types)
                )
                return self.conditions.holds(node, matching)
        return False

    def _narrow_here(self, position: Position, type_name: str) -> list[Position]:
        graph, node = self.graph, position.node
        if node.type == type_name:
            return [position]
        if graph.is_abstract(node):
            if type_name in graph.runtime_types(node):
                return [Position(graph.cast(node, type_name), False, position.setters)]
            return []
        if graph.is_interface_object(node) and self.knows_type(node, type_name):
            return [Position(node, False, position.setters)]
        return []

    def knows_type(self, node: Node, type_name: str) -> bool:
        """Whether an interface object can learn from another subgraph which type it stands for."""
        merged = self.graph.context.merged.runtime_types(node.type)
        return any(candidate.name == type_name for candidate in merged) and any(
            not self.graph.is_interface_object(other) for other in self.conditions.reachable(node)
        )

    def _updated(self, position: Position, owner: str) -> tuple[tuple[frozenset[str], Node], ...]:
        """The setters passed, once a field of `owner` is read."""
        merged = self.graph.context.merged
        mine = [setters for setters in self.context_setters if is_setter(merged, owner, setters)]
        if not mine:
            return position.setters
        kept = [entry for entry in position.setters if entry[0] not in mine]
        return (*kept, *((setters, position.node) for setters in mine))
