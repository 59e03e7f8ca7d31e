"""The query graph: which fields each subgraph answers, and how one gets from subgraph to subgraph.

Owns the meaning of `@external`, `@provides`, `@override`, `@interfaceObject` and keys for whoever walks
paths: the satisfiability check of the composer, and the planner. Edges are found on demand and remembered.
Never walks paths itself.
"""

from __future__ import annotations

from graphql import OperationType

from marquee_schema.field_set import FieldSet, FieldSetField, FieldSetFragment, inlined, parse_field_set
from marquee_schema.query_graph.edges import (
    AbstractMove,
    EntityEdge,
    FieldEdge,
    LabelCondition,
    Node,
    RootEdge,
)
from marquee_schema.supergraph import ContextArgument, SubgraphField, Supergraph, TypeKind, named_type

_UNKNOWN = FieldEdge(Node("", ""), "", "", None)
"""Stands for an edge that was not looked for yet."""
_COMPOSITE = frozenset({TypeKind.OBJECT, TypeKind.INTERFACE, TypeKind.UNION})


class QueryGraph:
    """Edges of one supergraph, found on demand."""

    def __init__(self, supergraph: Supergraph) -> None:
        self.supergraph = supergraph
        self._field_edges: dict[tuple[Node, str], FieldEdge | None] = {}
        self._entity_edges: dict[str, tuple[EntityEdge, ...]] = {}
        self._nodes: dict[tuple[str, str], tuple[Node, ...]] = {}
        self.has_interface_objects = any(
            own.interface_object
            for declared in supergraph.types.values()
            for own in declared.subgraphs.values()
        )
        self._setters: dict[str, frozenset[str]] = {}
        self._context_selections: dict[str, FieldSet] = {}

    def roots(self, operation: OperationType) -> tuple[Node, ...]:
        """The root type in every subgraph that declares it; empty when the graph has no such operation."""
        name = self.supergraph.root_types.get(operation)
        root = self.supergraph.types.get(name) if name is not None else None
        if root is None:
            return ()
        return tuple(Node(root.name, subgraph) for subgraph, own in root.subgraphs.items() if own.fields)

    def nodes_of(self, type_name: str, subgraph: str) -> tuple[Node, ...]:
        """How a subgraph knows an object of the named type: as itself, or as an `@interfaceObject`."""
        remembered = self._nodes.get((type_name, subgraph))
        if remembered is None:
            remembered = tuple(self._find_nodes(type_name, subgraph))
            self._nodes[type_name, subgraph] = remembered
        return remembered

    def _find_nodes(self, type_name: str, subgraph: str) -> list[Node]:
        types = self.supergraph.types
        if subgraph in types[type_name].subgraphs:
            return [Node(type_name, subgraph)]
        return [
            Node(interface, subgraph)
            for interface in sorted(types[type_name].interfaces)
            if self.is_interface_object(interface, subgraph)
        ]

    def is_interface_object(self, type_name: str, subgraph: str) -> bool:
        """Whether the subgraph declares the interface as an object and cannot tell its types apart."""
        declared = self.supergraph.types[type_name].subgraphs.get(subgraph)
        return declared is not None and declared.interface_object

    def field_edge(self, node: Node, name: str) -> FieldEdge | None:
        """Reading the named field at the node; None when the subgraph cannot answer it there."""
        key = (node, name)
        found = self._field_edges.get(key, _UNKNOWN)
        if found is _UNKNOWN:
            found = self._find_field_edge(node, name)
            self._field_edges[key] = found
        return found

    def field_edges(self, node: Node) -> tuple[FieldEdge, ...]:
        """Every field that can be read at the node."""
        declared = self.supergraph.types[node.type_name].subgraphs.get(node.subgraph)
        names = declared.fields if declared is not None else ()
        edges = (self.field_edge(node, name) for name in names)
        return tuple(edge for edge in edges if edge is not None)

    def _find_field_edge(self, node: Node, name: str) -> FieldEdge | None:
        declared = self.supergraph.types[node.type_name].subgraphs.get(node.subgraph)
        field = declared.fields.get(name) if declared is not None else None
        if field is None:
            return None
        nested = _provided_below(node.provided, name)
        if field.external and nested is None:
            return None
        target = named_type(field.type)
        composite = (
            self.supergraph.types[target].kind in _COMPOSITE if target in self.supergraph.types else False
        )
        view = _merge_views(field.provides, nested or ())
        return FieldEdge(
            tail=node,
            name=name,
            type=field.type,
            head=Node(target, node.subgraph, view) if composite else None,
            requires=() if nested is not None and field.external else field.requires,
            condition=_label_condition(field),
            context_arguments=field.context_arguments,
        )

    def abstract_moves(self, node: Node) -> tuple[AbstractMove, ...]:
        """To each object type that the subgraph returns for an abstract type; none for an object type.

        None either for an `@interfaceObject`: its owner must be asked first.
        """
        kind = self.supergraph.types[node.type_name].kind
        if kind is TypeKind.OBJECT or self.is_interface_object(node.type_name, node.subgraph):
            return ()
        possible = self.supergraph.possible_types_in(node.subgraph, node.type_name)
        return tuple(AbstractMove(node, self.narrow(node, name)) for name in sorted(possible))

    def narrow(self, node: Node, type_name: str) -> Node:
        """The node of one object type below an abstract node, with what is provided for that type."""
        return Node(type_name, node.subgraph, self._view_of(node.provided, type_name))

    def _view_of(self, view: FieldSet, type_name: str) -> FieldSet:
        if not view:
            return ()
        found: list[FieldSetField | FieldSetFragment] = []
        for selection in view:
            if isinstance(selection, FieldSetField):
                found.append(selection)
            elif type_name in self.supergraph.possible_types.get(selection.type_condition, ()):
                found.extend(self._view_of(selection.selections, type_name))
        return tuple(found)

    def entity_edges(self, type_name: str) -> tuple[EntityEdge, ...]:
        """Every way into a subgraph for an entity of the named type; its key must be fetched before.

        For an interface: for an object whose own type is not known yet.
        """
        remembered = self._entity_edges.get(type_name)
        if remembered is None:
            remembered = tuple(self._find_entity_edges(type_name))
            self._entity_edges[type_name] = remembered
        return remembered

    def _find_entity_edges(self, type_name: str) -> list[EntityEdge]:
        types = self.supergraph.types
        found: list[EntityEdge] = []
        for subgraph in self.supergraph.subgraphs:
            for node in self.nodes_of(type_name, subgraph):
                keys = types[node.type_name].subgraphs[subgraph].keys
                found.extend(EntityEdge(node, key, node.type_name) for key in keys if key.resolvable)
        return found

    def return_edges(self, node: Node) -> tuple[EntityEdge, ...]:
        """Every key by which an entity could be sent back to the subgraph it was read from.

        Keys with `resolvable: false` too: a subgraph with `@requires` must take back what it gave.
        """
        declared = self.supergraph.types[node.type_name].subgraphs[node.subgraph]
        return tuple(EntityEdge(node, key, node.type_name) for key in declared.keys)

    def context_setters(self, context: str) -> frozenset[str]:
        """The object types that set a context: themselves, or by their interfaces and unions."""
        remembered = self._setters.get(context)
        if remembered is None:
            named = (name for name, declared in self.supergraph.types.items() if context in declared.contexts)
            possible = (self.supergraph.possible_types[name] for name in named)
            remembered = frozenset[str]().union(*possible)
            self._setters[context] = remembered
        return remembered

    def context_selection(self, argument: ContextArgument) -> FieldSet:
        """What fills the argument, to be selected of a type that sets the context."""
        remembered = self._context_selections.get(argument.selection)
        if remembered is None:
            remembered = inlined(parse_field_set(argument.selection))
            self._context_selections[argument.selection] = remembered
        return remembered

    def root_edges(self, node: Node) -> tuple[RootEdge, ...]:
        """From a node of the query type to the query type elsewhere."""
        if node.type_name != self.supergraph.root_types.get(OperationType.QUERY):
            return ()
        roots = self.roots(OperationType.QUERY)
        return tuple(RootEdge(node, root) for root in roots if root.subgraph != node.subgraph)


def _provided_below(view: FieldSet, name: str) -> FieldSet | None:
    found: list[FieldSetField | FieldSetFragment] = []
    provided = False
    for selection in view:
        if isinstance(selection, FieldSetField) and selection.name == name:
            provided = True
            found.extend(selection.selections)
    return tuple(found) if provided else None


def _merge_views(left: FieldSet, right: FieldSet) -> FieldSet:
    return tuple(dict.fromkeys((*left, *right)))


def _label_condition(field: SubgraphField) -> LabelCondition | None:
    if field.override_label is None:
        return None
    return LabelCondition(field.override_label, enabled=field.override is not None)
