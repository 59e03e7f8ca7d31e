"""The query graph: which fields each subgraph answers, and which edges lead from one subgraph to another.

Owns the meaning of keys, `@external`, `@requires`, `@provides`, `@override`, `@interfaceObject` and contexts,
for the satisfiability check of the composer and for the planner alike. Edges are found on demand and
remembered. Never walks paths itself.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Generic, TypeVar

from graphql import OperationType

from marquee_schema.field_set import FieldSet, FieldSetField, inlined, parse_field_set
from marquee_schema.query_graph.edges import (
    EntityEdge,
    FieldEdge,
    LabelCondition,
    Node,
    RootEdge,
)
from marquee_schema.query_graph.provided import (
    merged,
    provided_below,
    provided_by_fragments_on,
    provided_for,
)
from marquee_schema.supergraph.model import (
    ContextArgument,
    JoinedSchema,
    SubgraphField,
    SubgraphType,
    TypeKind,
    named_type,
)

_UNKNOWN = FieldEdge(Node("", ""), "", "", None)
"""Stands for an edge that was not looked for yet."""
_COMPOSITE = frozenset({TypeKind.OBJECT, TypeKind.INTERFACE, TypeKind.UNION})


S_co = TypeVar("S_co", bound=JoinedSchema, covariant=True)


class QueryGraph(Generic[S_co]):
    """The edges of one supergraph, found on demand. The type parameter is the record it was built from."""

    def __init__(self, supergraph: S_co) -> None:
        self.supergraph = supergraph
        self._ranks = {name: rank for rank, name in enumerate(supergraph.subgraphs)}
        self._field_edges: dict[tuple[Node, str], FieldEdge | None] = {}
        self._entity_edges: dict[str, tuple[EntityEdge, ...]] = {}
        self._edges_from: dict[tuple[str, str], tuple[EntityEdge, ...]] = {}
        self._nodes: dict[tuple[str, str], tuple[Node, ...]] = {}
        self._own_keys: dict[tuple[str, str], bool] = {}
        self._declaring: dict[str, dict[str, tuple[str, ...]]] = {}
        self._implementing: dict[tuple[str, str], set[str]] | None = None
        self._setters: dict[str, frozenset[str]] = {}
        self._context_selections: dict[str, FieldSet] = {}
        self.has_interface_objects = any(
            own.interface_object
            for declared in supergraph.types.values()
            for own in declared.subgraphs.values()
        )

    # Nodes

    def roots(self, operation: OperationType) -> tuple[Node, ...]:
        """The root type in every subgraph that has fields on it; empty when the graph has no such
        operation."""
        name = self.supergraph.root_types.get(operation)
        root = self.supergraph.types.get(name) if name is not None else None
        if root is None:
            return ()
        return tuple(Node(root.name, subgraph) for subgraph, own in root.subgraphs.items() if own.fields)

    def nodes_of(self, type_name: str, subgraph: str) -> tuple[Node, ...]:
        """How a subgraph declares an object of the named type: as itself, or as an `@interfaceObject`."""
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

    def _all_nodes_of(self, type_name: str) -> list[Node]:
        """The nodes of a type in all subgraphs, in the order of the subgraphs."""
        types, own = self.supergraph.types, self.supergraph.types[type_name]
        found = [Node(type_name, subgraph) for subgraph in own.subgraphs]
        found += [
            Node(interface, subgraph)
            for interface in (sorted(own.interfaces) if self.has_interface_objects else ())
            for subgraph, declared in types[interface].subgraphs.items()
            if declared.interface_object and subgraph not in own.subgraphs
        ]
        return sorted(found, key=lambda node: self._ranks[node.subgraph])

    def is_interface_object(self, type_name: str, subgraph: str) -> bool:
        """True if the subgraph declares the interface as an object and cannot distinguish its types."""
        declared = self.supergraph.types[type_name].subgraphs.get(subgraph)
        # For example `type Media @interfaceObject @key(fields: "id")` where others have `interface Media`.
        return declared is not None and declared.interface_object

    def is_abstract(self, node: Node) -> bool:
        """True if the node is an interface or a union in its own subgraph; not for an `@interfaceObject`."""
        kind = self.supergraph.types[node.type_name].kind
        return kind is not TypeKind.OBJECT and not self.is_interface_object(node.type_name, node.subgraph)

    def runtime_types(self, node: Node) -> frozenset[str]:
        """The object types of a value at the node, under the names that the subgraph itself uses.

        An `@interfaceObject` is one of them under the name of its interface. For example, a subgraph with
        `interface Node` and `type Media implements Node @interfaceObject` returns `Media` for `Node`, where
        `possible_types_in` would look for objects that implement `Node` there, and find none.
        """
        if not self.is_abstract(node):
            return frozenset((node.type_name,))
        declared = self._declared(node)
        if self.supergraph.types[node.type_name].kind is TypeKind.UNION:
            return declared.members if declared is not None else frozenset()
        if self._implementing is None:
            self._implementing = self._find_implementing()
        return frozenset(self._implementing.get((node.type_name, node.subgraph), ()))

    def _find_implementing(self) -> dict[tuple[str, str], set[str]]:
        found: dict[tuple[str, str], set[str]] = {}
        for name, declared in self.supergraph.types.items():
            for subgraph, own in declared.subgraphs.items():
                if declared.kind is TypeKind.OBJECT or own.interface_object:
                    for interface in own.interfaces:
                        found.setdefault((interface, subgraph), set()).add(name)
        return found

    def narrow(self, node: Node, type_name: str) -> Node:
        """The node of one object type below an abstract node, with all that is provided on that type.

        Below `@provides(fields: "owner { name } ... on Book { isbn }")`, a `Book` has `owner { name } isbn`.
        """
        if not node.provided:
            return Node(type_name, node.subgraph)
        provided = provided_for(node.provided, type_name, self.supergraph.possible_types)
        return Node(type_name, node.subgraph, provided)

    def narrow_by_fragments(self, node: Node, type_name: str) -> Node:
        """Like `narrow`, with only what is provided in fragments on exactly that type.

        For the satisfiability check: the reference composer takes `@provides(fields: "owner { name }")` on a
        field of type `Media` as said of the interface only, and refuses a graph that needs it on a `Book`.
        The planner may still read `Book.owner.name` there, since the subgraph returns it with any `Media`.
        """
        provided = provided_by_fragments_on(node.provided, type_name)
        return Node(type_name, node.subgraph, provided)

    def _declared(self, node: Node) -> SubgraphType | None:
        return self.supergraph.types[node.type_name].subgraphs.get(node.subgraph)

    # Fields

    def declaring_subgraphs(self, type_name: str, field_name: str) -> tuple[str, ...]:
        """The subgraphs that declare an object type's field, on the type or on an `@interfaceObject` for it.

        External declarations count too: `field_edge` decides where the field can be read.
        """
        remembered = self._declaring.get(type_name)
        if remembered is None:
            remembered = self._find_declaring(type_name)
            self._declaring[type_name] = remembered
        return remembered.get(field_name, ())

    def _find_declaring(self, type_name: str) -> dict[str, tuple[str, ...]]:
        found: dict[str, list[str]] = {}
        for node in self._all_nodes_of(type_name):
            declared = self._declared(node)
            for name in declared.fields if declared is not None else ():
                found.setdefault(name, []).append(node.subgraph)
        return {name: tuple(dict.fromkeys(subgraphs)) for name, subgraphs in found.items()}

    def field_edge(self, node: Node, name: str) -> FieldEdge | None:
        """Reading the named field at the node; None when the subgraph cannot answer it there."""
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

    # Entities

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

    def has_own_key(self, node: Node) -> bool:
        """True if the subgraph resolves all fields of one of its keys, so that the object can be returned to.

        A field with `@requires` needs it: what it requires is fetched elsewhere, and sent back with the key.
        """
        place = (node.type_name, node.subgraph)
        remembered = self._own_keys.get(place)
        if remembered is None:
            declared = self._declared(node)
            remembered = any(
                self._selects_declared(node, key.selection, only_resolved=True)
                for key in (declared.keys if declared is not None else ())
            )
            self._own_keys[place] = remembered
        return remembered

    def _selects_declared(self, node: Node, selection: FieldSet, *, only_resolved: bool) -> bool:
        """True if the subgraph declares all selected fields, and resolves them if `only_resolved`."""
        for item in selection:
            if not isinstance(item, FieldSetField):
                inner = Node(item.type_condition, node.subgraph)
                if not self._selects_declared(inner, item.selections, only_resolved=only_resolved):
                    return False
            elif item.name != "__typename":
                declared = self._declared(node)
                field = declared.fields.get(item.name) if declared is not None else None
                if field is None or (only_resolved and field.external):
                    return False
                inner = Node(named_type(field.type), node.subgraph)
                if item.selections and not self._selects_declared(
                    inner, item.selections, only_resolved=only_resolved
                ):
                    return False
        return True

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

    # Contexts

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
