"""The query graph: which fields each subgraph answers, and which edges lead from one subgraph to another.

Owns, with `nodes`, the meaning of keys, `@external`, `@requires`, `@provides`, `@override`,
`@interfaceObject` and contexts, for the satisfiability check of the composer and for the planner alike. Edges
are found on demand and remembered. Never walks paths itself.
"""

from __future__ import annotations

from collections.abc import Collection

from graphql import OperationType

from marquee_schema.field_set import FieldSet, inlined, parse_field_set
from marquee_schema.query_graph.edges import (
    EntityEdge,
    FieldEdge,
    LabelCondition,
    Node,
    RootEdge,
)
from marquee_schema.query_graph.nodes import QueryNodes, S_co
from marquee_schema.query_graph.provided import merged, provided_below
from marquee_schema.supergraph.model import (
    ContextArgument,
    SubgraphField,
    TypeKind,
    named_type,
)

_UNKNOWN = FieldEdge(Node("", ""), "", "", None)
"""Stands for an edge that was not looked for yet."""
_COMPOSITE = frozenset({TypeKind.OBJECT, TypeKind.INTERFACE, TypeKind.UNION})


class QueryGraph(QueryNodes[S_co]):
    """Nodes and edges of one supergraph, found on demand."""

    def __init__(self, supergraph: S_co) -> None:
        super().__init__(supergraph)
        self._field_edges: dict[tuple[Node, str], FieldEdge | None] = {}
        self._entity_edges: dict[str, tuple[EntityEdge, ...]] = {}
        self._edges_from: dict[tuple[str, str], tuple[EntityEdge, ...]] = {}
        self._setters: dict[str, frozenset[str]] = {}
        self._context_selections: dict[str, FieldSet] = {}

    def field_edge(self, node: Node, name: str) -> FieldEdge | None:
        """The edge that reads the named field at the node; None when the subgraph cannot answer it there."""
        key = (node, name)
        found = self._field_edges.get(key, _UNKNOWN)
        if found is _UNKNOWN:
            found = self._find_field_edge(node, name)
            self._field_edges[key] = found
        return found

    def _find_field_edge(self, node: Node, name: str) -> FieldEdge | None:
        declared = self._declared(node)
        field = declared.fields.get(name) if declared is not None else None
        if field is None:
            return None
        provided = provided_below(node.provided, name)
        if field.external or not self._is_readable_in_all_types(node, name):
            # What is provided comes with its parent, so neither requirements nor override labels matter.
            return None if provided is None else self._edge(node, name, field, provided)
        return self._edge(node, name, field, merged(field.provides, provided or ()), is_resolved=True)

    def _edge(
        self, node: Node, name: str, field: SubgraphField, provided: FieldSet, *, is_resolved: bool = False
    ) -> FieldEdge:
        target = named_type(field.type)
        known = self.supergraph.types.get(target)
        head = Node(target, node.subgraph, provided) if known and known.kind in _COMPOSITE else None
        if not is_resolved:
            return FieldEdge(node, name, field.type, head)
        return FieldEdge(
            tail=node,
            name=name,
            type=field.type,
            head=head,
            requires=field.requires,
            condition=_label_condition(field),
            context_arguments=field.context_arguments,
        )

    def _is_readable_in_all_types(self, node: Node, name: str) -> bool:
        """True unless the node is an interface with a type in which the subgraph does not resolve the field.

        An interface's field is read from the object that is returned. With `type Book implements Media
        { title: String @external }`, this subgraph cannot answer `media { title }`; asked for each type on
        its own, it can still answer those that have the field. A hidden interface is read by its types, too.
        """
        declared = self.supergraph.types[node.type_name]
        if declared.kind is not TypeKind.INTERFACE or self.is_interface_object(node.type_name, node.subgraph):
            return True
        if declared.inaccessible:
            return False
        for type_name in self.supergraph.possible_types[node.type_name]:
            own = self.supergraph.types[type_name].subgraphs.get(node.subgraph)
            if own is not None:
                field = own.fields.get(name)
                if field is None or field.external or field.requires:
                    return False
        return True

    def entity_edges(self, type_name: str) -> tuple[EntityEdge, ...]:
        """Every edge into a subgraph for an entity of the named type; its key must be fetched before.

        For an interface: the edges for an object whose own type is not known yet.
        """
        remembered = self._entity_edges.get(type_name)
        if remembered is None:
            remembered = tuple(self._find_entity_edges(type_name))
            self._entity_edges[type_name] = remembered
        return remembered

    def _find_entity_edges(self, type_name: str) -> list[EntityEdge]:
        # One edge for each key of each subgraph: `@key(fields: "id") @key(fields: "sku")` can be entered by
        # either.
        found: list[EntityEdge] = []
        for node in self._all_nodes_of(type_name):
            keys = self.supergraph.types[node.type_name].subgraphs[node.subgraph].keys
            found.extend(EntityEdge(node, key, node.type_name) for key in keys if key.resolvable)
        return found

    def entity_edges_from(self, node: Node) -> tuple[EntityEdge, ...]:
        """The entity edges that lead from a node to other subgraphs, those to the node's own type first.

        An edge to an `@interfaceObject` counts only where the node's subgraph declares the fields of the key
        on its own type. For example, from `type Book { isbn: ID! }` no edge leads to `type Media
        @key(fields: "id") @interfaceObject`, even when a third subgraph has `Book.id`: Federation accepts the
        key of an interface for an implementation only where it is valid on that implementation.
        """
        remembered = self._edges_from.get((node.type_name, node.subgraph))
        if remembered is None:
            own, standing = [], []
            for edge in self.entity_edges(node.type_name):
                if edge.head.subgraph == node.subgraph:
                    continue
                if edge.head.type_name == node.type_name:
                    own.append(edge)
                elif self._selects_declared(node, edge.key.selection, only_resolved=False):
                    standing.append(edge)
            remembered = (*own, *standing)
            self._edges_from[node.type_name, node.subgraph] = remembered
        return remembered

    def return_edges(self, node: Node) -> tuple[EntityEdge, ...]:
        """Every edge by which an entity could be sent back to the subgraph that it was read from.

        Keys with `resolvable: false` count as well: a subgraph with `@requires` must accept the keys that it
        gave.
        """
        declared = self.supergraph.types[node.type_name].subgraphs[node.subgraph]
        return tuple(EntityEdge(node, key, node.type_name) for key in declared.keys)

    def root_edges(
        self, node: Node, operations: Collection[OperationType] = (OperationType.QUERY,)
    ) -> tuple[RootEdge, ...]:
        """From a root type met below the root to the same root type in other subgraphs.

        By default for the query type alone, since only queries are re-entered when a plan runs. The check
        passes all operations, as Federation accepts `type Payload { mutation: Mutation }` over subgraphs.
        """
        return tuple(
            RootEdge(node, root)
            for operation in operations
            if self.supergraph.root_types.get(operation) == node.type_name
            for root in self.roots(operation)
            if root.subgraph != node.subgraph
        )

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
        """The selection that fills the argument; it is made on a type that sets the context."""
        remembered = self._context_selections.get(argument.selection)
        if remembered is None:
            remembered = inlined(parse_field_set(argument.selection))
            self._context_selections[argument.selection] = remembered
        return remembered


def _label_condition(field: SubgraphField) -> LabelCondition | None:
    if field.override_label is None:
        return None
    return LabelCondition(field.override_label, enabled=field.override is not None)
