"""The nodes of the query graph: how each subgraph declares a type, and which fields it declares there.

Owns the meaning of `@interfaceObject` and of the types that a value can have. `graph` adds the edges.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from graphql import OperationType

from marquee_schema.field_set import FieldSet, FieldSetField
from marquee_schema.query_graph.edges import Node
from marquee_schema.query_graph.provided import provided_by_fragments_on, provided_for
from marquee_schema.supergraph.model import JoinedSchema, SubgraphType, TypeKind, named_type

S_co = TypeVar("S_co", bound=JoinedSchema, covariant=True)


class QueryNodes(Generic[S_co]):
    """The nodes of one supergraph. The type parameter is the record it was built from."""

    def __init__(self, supergraph: S_co) -> None:
        self.supergraph = supergraph
        self.has_interface_objects = any(
            own.interface_object
            for declared in supergraph.types.values()
            for own in declared.subgraphs.values()
        )
        self._ranks = {name: rank for rank, name in enumerate(supergraph.subgraphs)}
        self._nodes: dict[tuple[str, str], tuple[Node, ...]] = {}
        self._own_keys: dict[tuple[str, str], bool] = {}
        self._declaring: dict[str, dict[str, tuple[str, ...]]] = {}
        self._implementing: dict[tuple[str, str], set[str]] | None = None

    def roots(self, operation: OperationType) -> tuple[Node, ...]:
        """The root type in every subgraph that has fields on it; empty when the graph has no such
        operation."""
        name = self.supergraph.root_types.get(operation)
        root = self.supergraph.types.get(name) if name is not None else None
        if root is None:
            return ()
        return tuple(Node(root.name, subgraph) for subgraph, own in root.subgraphs.items() if own.fields)

    def nodes_of(self, type_name: str, subgraph: str) -> tuple[Node, ...]:
        """The nodes of an object of the named type in a subgraph: its own type, or each `@interfaceObject`
        that stands for it."""
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
