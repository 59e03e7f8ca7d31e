"""One step of an operation, in every subgraph at once: from the positions before it to those after it.

What a subgraph can answer is the query graph's to say; whether a condition holds is the resolver's.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from marquee_schema.composition.satisfiability.conditions import ConditionResolver
from marquee_schema.field_set import FieldSetField
from marquee_schema.query_graph import FieldEdge, Node, QueryGraph
from marquee_schema.supergraph import ContextArgument, JoinedSchema

Labels = Mapping[str, bool]
"""The labels of progressive overrides that are decided on the path: on (`True`) or off."""


@dataclass(frozen=True, slots=True)
class Position:
    """A node at which the operation can continue in one subgraph.

    `is_fresh` is true right after the subgraph was entered by a key. `setters` has, for each context, the
    node on the path that set it last.
    """

    node: Node
    is_fresh: bool = False
    setters: tuple[tuple[str, Node], ...] = ()


Spread: TypeAlias = Mapping[str, Sequence[Position]]
"""Positions, by subgraph."""


@dataclass(slots=True)
class Advancer:
    """Advances positions; remembers where keys lead. `contexts` are those that some argument needs."""

    graph: QueryGraph[JoinedSchema]
    conditions: ConditionResolver
    contexts: tuple[str, ...] = ()
    _moves: dict[Node, list[Node]] = field(default_factory=dict)

    def moves(self, position: Position) -> list[Position]:
        """The same object in every other subgraph that keys lead to."""
        if position.node not in self._moves:
            self._moves[position.node] = self.conditions.reachable(position.node)
        return [Position(node, True, position.setters) for node in self._moves[position.node]]

    def spread(self, positions: Iterable[Position], *, follows_keys: bool) -> Spread:
        """The positions by subgraph, with those that keys lead to from them if `follows_keys`."""
        found: dict[str, dict[Position, None]] = {}
        for position in positions:
            found.setdefault(position.node.subgraph, {})[position] = None
            for moved in self.moves(position) if follows_keys else ():
                found.setdefault(moved.node.subgraph, {})[moved] = None
        return {subgraph: list(entries) for subgraph, entries in found.items()}

    def can_be(self, position: Position, type_name: str, *, from_interface: bool) -> bool:
        """True if the object at the position can be of the object type.

        A subgraph that returns `union Result = Book` never returns a `Film`, so nothing below `... on Film`
        needs an answer on that path. An `@interfaceObject` can stand for any type of its interface.
        """
        is_object = not self.graph.is_abstract(position.node)
        return (from_interface and is_object) or type_name in self.graph.runtime_types(position.node)

    def narrow(self, spread: Spread, type_name: str) -> list[Position]:
        """The positions after narrowing an abstract type to one of its object types."""
        found: dict[Position, None] = {}
        for entries in spread.values():
            for position in entries:
                found.update(dict.fromkeys(self._narrow_here(position, type_name)))
        return list(found)

    def read(self, spread: Spread, owner: str, name: str, labels: Labels, *, is_leaf: bool) -> list[Position]:
        """The positions after reading a field of the object type `owner`; for a leaf, one is enough."""
        found: dict[Position, None] = {}
        # Only positions in subgraphs that declare the field can read it; in a large graph these are few.
        for subgraph in self.graph.declaring_subgraphs(owner, name):
            for position in spread.get(subgraph, ()):
                found.update(dict.fromkeys(self.read_here(position, owner, name, labels)))
            if found and is_leaf:
                break
        return list(found)

    def read_here(self, position: Position, owner: str, name: str, labels: Labels) -> list[Position]:
        """The position after reading a field in the same subgraph; empty if it cannot be read there."""
        graph = self.graph
        if position.node.type_name != owner and graph.is_abstract(position.node):
            if owner not in graph.runtime_types(position.node):
                return []
            position = Position(graph.narrow_by_fragments(position.node, owner), False, position.setters)
        edge = graph.field_edge(position.node, name)
        if edge is None or not self.can_take(position, edge, labels):
            return []
        # A leaf has no node of its own; the position only shows that the field can be read.
        setters = self._updated(position, owner)
        return [Position(edge.head or position.node, False, setters)]

    def can_take(self, position: Position, edge: FieldEdge, labels: Labels) -> bool:
        """True if the override label, the contexts and the requirements of a field allow reading it.

        Required fields are fetched from other subgraphs. Then the subgraph must be entered again by a key,
        unless the operation entered it by a key just now: that fetch can wait for them.
        """
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
        """True if another subgraph can resolve which object type an `@interfaceObject` stands for."""
        graph = self.graph
        return type_name in graph.supergraph.possible_types[node.type_name] and any(
            not graph.is_interface_object(other.type_name, other.subgraph)
            for other in self.conditions.reachable(node)
        )

    def _updated(self, position: Position, owner: str) -> tuple[tuple[str, Node], ...]:
        """The setters after a field of `owner` is read: `owner` itself replaces earlier ones."""
        own = [context for context in self.contexts if owner in self.graph.context_setters(context)]
        if not own:
            return position.setters
        kept = [entry for entry in position.setters if entry[0] not in own]
        return (*kept, *((context, position.node) for context in own))
