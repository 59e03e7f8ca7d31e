"""What a subgraph answers by itself; owns the reading of the query graph under the labels of one request."""

from __future__ import annotations

from marquee_router.planning.operation import NormalizedField, NormalizedSelection
from marquee_router.planning.source_keys import TYPENAME
from marquee_schema.field_set import FieldSet, FieldSetField
from marquee_schema.query_graph import FieldEdge, Node, QueryGraph
from marquee_schema.supergraph import Supergraph, TypeKind


class ActiveGraph:
    """Edges of the query graph that are open while the given `@override` labels are on."""

    def __init__(
        self,
        graph: QueryGraph[Supergraph],
        labels: frozenset[str],
        resolutions: dict[tuple[str, str], object],
    ) -> None:
        """For one operation; `resolutions` may be shared by all operations under the same labels."""
        self.query_graph = graph
        self.supergraph: Supergraph = graph.supergraph
        self._labels = labels
        self._whole: dict[tuple[Node, int, bool], bool] = {}
        self._resolutions = resolutions
        self._held: dict[int, NormalizedSelection] = {}
        self._has_interface_objects = graph.has_interface_objects

    def field_edge(self, node: Node, name: str) -> FieldEdge | None:
        """Reading the field at the node, when that is open."""
        edge = self.query_graph.field_edge(node, name)
        if edge is None:
            return None
        if (
            edge.condition is not None
            and (edge.condition.label in self._labels) is not edge.condition.enabled
        ):
            return None
        return edge

    def is_abstract(self, type_name: str) -> bool:
        """Whether values of the type have types of their own."""
        return self.supergraph.types[type_name].kind is not TypeKind.OBJECT

    def knows_types(self, node: Node) -> bool:
        """Whether the subgraph knows the object type of what it returns there."""
        return not self.query_graph.is_interface_object(node.type_name, node.subgraph)

    def may_meet_interface_objects(self, field_set: FieldSet) -> bool:
        """Whether a field set has objects inside, which some subgraph may know without their types."""
        return self._has_interface_objects and any(item.selections for item in field_set)

    def narrow(self, node: Node, type_name: str) -> Node:
        """The node for one object type; an `@interfaceObject` stays what it is."""
        if node.type_name == type_name or not self.is_abstract(node.type_name) or not self.knows_types(node):
            return node
        if not self.is_abstract(type_name):
            return self.query_graph.narrow(node, type_name)
        return node

    def possible_types(self, node: Node) -> frozenset[str]:
        """The object types the subgraph can return at the node."""
        return self.supergraph.possible_types_in(node.subgraph, node.type_name)

    def can_read_selection(self, node: Node, selection: NormalizedSelection, *, strict: bool) -> bool:
        """Whether the subgraph reads all of the selection at the node: for the types that it knows there, or,
        when `strict`, for every type asked for.
        """
        key = (node, id(selection), strict)
        found = self._whole.get(key)
        if found is None:
            self._held[id(selection)] = selection
            typed = self.knows_types(node)
            answers = self._answers_typed if typed else self._answers_untyped
            found = answers(node, selection, strict)
            self._whole[key] = found
        return found

    def _answers_typed(self, node: Node, selection: NormalizedSelection, strict: bool) -> bool:
        possible = self.possible_types(node)
        for type_name, fields in selection.by_type.items():
            if type_name not in possible:
                if fields and strict:
                    return False
                continue
            own = self.narrow(node, type_name)
            for field in fields:
                if not self.can_read_field(own, field, strict):
                    return False
        return True

    def _answers_untyped(self, node: Node, selection: NormalizedSelection, strict: bool) -> bool:
        per_type = [
            tuple((f.source, id(f.selection), f.conditions, f.shown) for f in fields)
            for fields in selection.by_type.values()
        ]
        if len(set(per_type)) != 1 or self.possible_types(node) - selection.by_type.keys():
            return len(per_type) == 0
        fields = next(iter(selection.by_type.values()))
        return all(field.name != TYPENAME and self.can_read_field(node, field, strict) for field in fields)

    def can_read_field(self, node: Node, field: NormalizedField, strict: bool) -> bool:
        """Whether the subgraph reads the field at the node, and all that is asked for below it."""
        if field.name == TYPENAME:
            return True
        edge = self.field_edge(node, field.name)
        if edge is None or edge.is_conditional:
            return False
        if field.selection is None:
            return True
        return edge.head is not None and self.can_read_selection(edge.head, field.selection, strict=strict)

    def lookup_signature(self, type_name: str, name: str) -> object:
        """Equal for object types of which the field, and the keys, are found in the same subgraphs."""
        key = (type_name, name)
        found = self._resolutions.get(key)
        if found is None:
            edges = self.query_graph.entity_edges(type_name)
            names = {name} | {i.name for e in edges for i in e.key.selection if isinstance(i, FieldSetField)}
            found = (
                tuple((e.head.subgraph, _own(e.head.type_name, type_name), e.key.selection) for e in edges),
                tuple(self._declaration(type_name, n) for n in sorted(names)),
            )
            self._resolutions[key] = found
        return found

    def _declaration(self, type_name: str, name: str) -> object:
        found: list[object] = []
        for subgraph in self.supergraph.subgraphs:
            for node in self.query_graph.nodes_of(type_name, subgraph):
                edge = self.field_edge(node, name)
                if edge is not None:
                    head = edge.head.type_name if edge.head is not None else None
                    view = edge.head.provided if edge.head is not None else ()
                    needs = (edge.requires, edge.context_arguments)
                    found.append((subgraph, _own(node.type_name, type_name), needs, head, view))
        return (name, tuple(found))


def _own(name: str, type_name: str) -> str:
    return "" if name == type_name else name
