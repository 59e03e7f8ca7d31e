"""The query graph under the `@override` labels of one operation: what each subgraph can read by itself.

Owns the test whether one subgraph can read a whole selection. How one gets from subgraph to subgraph is the
candidate search's.
"""

from __future__ import annotations

from marquee_router.planning.operation import NormalizedField, NormalizedSelection
from marquee_router.planning.source_keys import TYPENAME
from marquee_schema.field_set import FieldSet, FieldSetField
from marquee_schema.query_graph import FieldEdge, Node, QueryGraph
from marquee_schema.supergraph import Supergraph, TypeKind

LookupSignatures = dict[tuple[str, str], object]
"""By type and field name. They depend on nothing but the labels, so operations may share them."""


class ActiveGraph:
    """The edges of the query graph that are active while the given `@override` labels are on."""

    def __init__(
        self, query_graph: QueryGraph[Supergraph], labels: frozenset[str], lookup_signatures: LookupSignatures
    ) -> None:
        self.query_graph = query_graph
        self.supergraph: Supergraph = query_graph.supergraph
        self._labels = labels
        self._readable: dict[tuple[Node, int, bool], bool] = {}
        self._lookup_signatures = lookup_signatures
        self._held: dict[int, NormalizedSelection] = {}
        """Selections are remembered by `id`, so none may be freed."""
        self._has_interface_objects = query_graph.has_interface_objects

    def field_edge(self, node: Node, name: str) -> FieldEdge | None:
        """The edge by which the field is read at the node; None if the subgraph cannot read it there."""
        edge = self.query_graph.field_edge(node, name)
        if edge is None:
            return None
        # With `@override(from: "a", label: "beta")` the field is b's while "beta" is on, else a's.
        if (
            edge.condition is not None
            and (edge.condition.label in self._labels) is not edge.condition.enabled
        ):
            return None
        return edge

    def is_abstract(self, type_name: str) -> bool:
        """True for interfaces and unions."""
        return self.supergraph.types[type_name].kind is not TypeKind.OBJECT

    def knows_types(self, node: Node) -> bool:
        """True if the subgraph can resolve `__typename` at the node; False for an `@interfaceObject`."""
        return not self.query_graph.is_interface_object(node.type_name, node.subgraph)

    def may_meet_interface_objects(self, field_set: FieldSet) -> bool:
        """True if the field set has nested objects, and some subgraph may know such objects without types."""
        return self._has_interface_objects and any(item.selections for item in field_set)

    def narrow(self, node: Node, type_name: str) -> Node:
        """The node for one object type below an abstract node; an `@interfaceObject` stays what it is."""
        if node.type_name == type_name or not self.is_abstract(node.type_name) or not self.knows_types(node):
            return node
        if not self.is_abstract(type_name):
            return self.query_graph.narrow(node, type_name)
        return node

    def possible_types(self, node: Node) -> frozenset[str]:
        """The object types that the subgraph can return at the node."""
        return self.supergraph.possible_types_in(node.subgraph, node.type_name)

    def can_read_selection(self, node: Node, selection: NormalizedSelection, *, strict: bool) -> bool:
        """True if the subgraph can read all of the selection at the node, without any other fetch.

        With `strict` on every type of the selection, else on those that the subgraph can return there.
        """
        key = (node, id(selection), strict)
        found = self._readable.get(key)
        if found is None:
            self._held[id(selection)] = selection
            can_read = self._can_read_typed if self.knows_types(node) else self._can_read_untyped
            found = can_read(node, selection, strict)
            self._readable[key] = found
        return found

    def _can_read_typed(self, node: Node, selection: NormalizedSelection, strict: bool) -> bool:
        possible = self.possible_types(node)
        for type_name, fields in selection.by_type.items():
            if type_name not in possible:
                if fields and strict:
                    return False
                continue
            own = self.narrow(node, type_name)
            for field in fields:
                if not self.can_read_field(own, field, strict=strict):
                    return False
        return True

    def _can_read_untyped(self, node: Node, selection: NormalizedSelection, strict: bool) -> bool:
        """True if an `@interfaceObject` can read the selection, which must be the same on all types.

        It cannot read `{ media { rating ... on Book { pages } } }`: it does not know which ones are books.
        """
        per_type = [
            tuple((f.source, id(f.selection), f.conditions, f.shown) for f in fields)
            for fields in selection.by_type.values()
        ]
        if len(set(per_type)) != 1 or self.possible_types(node) - selection.by_type.keys():
            return len(per_type) == 0
        fields = next(iter(selection.by_type.values()))
        return all(
            field.name != TYPENAME and self.can_read_field(node, field, strict=strict) for field in fields
        )

    def can_read_field(self, node: Node, field: NormalizedField, *, strict: bool) -> bool:
        """True if the subgraph can read the field at the node, and all that is selected below it."""
        if field.name == TYPENAME:
            return True
        edge = self.field_edge(node, field.name)
        if edge is None or edge.is_conditional:
            return False
        if field.selection is None:
            return True
        return edge.head is not None and self.can_read_selection(edge.head, field.selection, strict=strict)

    def lookup_signature(self, type_name: str, name: str) -> object:
        """Equal for object types on which the field, and the keys, are found in the same subgraphs."""
        place = (type_name, name)
        found = self._lookup_signatures.get(place)
        if found is None:
            edges = self.query_graph.entity_edges(type_name)
            # Keys count too: a type whose key is read elsewhere is reached by other fetches.
            names = {name} | {i.name for e in edges for i in e.key.selection if isinstance(i, FieldSetField)}
            found = (
                tuple((e.head.subgraph, _own(e.head.type_name, type_name), e.key.selection) for e in edges),
                tuple(self._field_signature(type_name, n) for n in sorted(names)),
            )
            self._lookup_signatures[place] = found
        return found

    def _field_signature(self, type_name: str, name: str) -> object:
        found: list[object] = []
        for subgraph in self.supergraph.subgraphs:
            for node in self.query_graph.nodes_of(type_name, subgraph):
                edge = self.field_edge(node, name)
                if edge is not None:
                    head = edge.head.type_name if edge.head is not None else None
                    provided = edge.head.provided if edge.head is not None else ()
                    needs = (edge.requires, edge.context_arguments)
                    found.append((subgraph, _own(node.type_name, type_name), needs, head, provided))
        return (name, tuple(found))


def _own(name: str, type_name: str) -> str:
    """A type's name with its own name left out, so that the signatures of two types can be equal."""
    return "" if name == type_name else name
