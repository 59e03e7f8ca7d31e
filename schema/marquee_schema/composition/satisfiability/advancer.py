"""One step of an operation, taken in the subgraphs: from each position, every position one can be in
afterwards."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from marquee_schema.composition.satisfiability.conditions import ConditionResolver
from marquee_schema.field_set import FieldSetField
from marquee_schema.query_graph import FieldEdge, Node, QueryGraph
from marquee_schema.supergraph import ContextArgument, JoinedSchema

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
    setters: tuple[tuple[str, Node], ...] = ()


Spread: TypeAlias = Mapping[str, Sequence[Position]]
"""Positions by subgraph."""


@dataclass(slots=True)
class Advancer:
    """Takes steps; remembers where keys lead."""

    graph: QueryGraph[JoinedSchema]
    conditions: ConditionResolver
    contexts: tuple[str, ...] = ()
    _moves: dict[Node, list[Node]] = field(default_factory=dict)

    def moves(self, position: Position) -> list[Position]:
        """The same object in other subgraphs."""
        if position.node not in self._moves:
            self._moves[position.node] = self.conditions.reachable(position.node)
        return [Position(node, True, position.setters) for node in self._moves[position.node]]

    def spread(self, positions: Iterable[Position], *, stays: bool) -> Spread:
        """All positions with those that keys lead to from them, by subgraph; unless one `stays`, as at the
        root."""
        found: dict[str, dict[Position, None]] = {}
        for position in positions:
            found.setdefault(position.node.subgraph, {})[position] = None
            for moved in () if stays else self.moves(position):
                found.setdefault(moved.node.subgraph, {})[moved] = None
        return {subgraph: list(entries) for subgraph, entries in found.items()}

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
        for subgraph in self.graph.declaring_subgraphs(owner, name):
            for position in spread.get(subgraph, ()):
                found.update(dict.fromkeys(self.read_here(position, owner, name, labels)))
            if found and is_leaf:
                break
        return list(found)

    def read_here(self, position: Position, owner: str, name: str, labels: Labels) -> list[Position]:
        """A field, without leaving the subgraph."""
        graph = self.graph
        if position.node.type_name != owner and graph.is_abstract(position.node):
            if owner not in graph.runtime_types(position.node):
                return []
            position = Position(graph.narrow_by_fragments(position.node, owner), False, position.setters)
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
        if edge.context_arguments:
            if not all(self.context_holds(position, argument) for argument in edge.context_arguments):
                return False
            if not self.graph.has_own_key(position.node):
                return False
        if not edge.requires:
            return True
        if not position.is_fresh and not self.graph.has_own_key(position.node):
            return False
        return self.conditions.holds(position.node, edge.requires)

    def context_holds(self, position: Position, argument: ContextArgument) -> bool:
        """True if the nearest type that sets the context can give what the argument selects there."""
        for context, node in position.setters:
            if context == argument.context:
                runtime_types = self.graph.supergraph.possible_types[node.type_name]
                matching = tuple(
                    item
                    for item in self.graph.context_selection(argument)
                    if isinstance(item, FieldSetField) or item.type_condition in runtime_types
                )
                return self.conditions.holds(node, matching)
        return False

    def _narrow_here(self, position: Position, type_name: str) -> list[Position]:
        graph, node = self.graph, position.node
        if node.type_name == type_name:
            return [position]
        if graph.is_abstract(node):
            if type_name in graph.runtime_types(node):
                return [Position(graph.narrow_by_fragments(node, type_name), False, position.setters)]
            return []
        if graph.is_interface_object(node.type_name, node.subgraph) and self.knows_type(node, type_name):
            return [Position(node, False, position.setters)]
        return []

    def knows_type(self, node: Node, type_name: str) -> bool:
        """Whether an interface object can learn from another subgraph which type it stands for."""
        graph = self.graph
        return type_name in graph.supergraph.possible_types[node.type_name] and any(
            not graph.is_interface_object(other.type_name, other.subgraph)
            for other in self.conditions.reachable(node)
        )

    def _updated(self, position: Position, owner: str) -> tuple[tuple[str, Node], ...]:
        """The setters passed, once a field of `owner` is read."""
        own = [context for context in self.contexts if owner in self.graph.context_setters(context)]
        if not own:
            return position.setters
        kept = [entry for entry in position.setters if entry[0] not in own]
        return (*kept, *((context, position.node) for context in own))
