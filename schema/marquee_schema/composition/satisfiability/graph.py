"""The graph that satisfiability walks: a node is a type as one subgraph knows it, edges are what that
subgraph can do there.

Reads the merged supergraph and the subgraphs it came from; edges are found on demand and remembered. Never
walks paths itself.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from marquee_schema.composition.merge.context import MergeContext
from marquee_schema.composition.model import (
    AppliedDirective,
    CompositeType,
    Field,
    InterfaceType,
    NamedType,
    ObjectType,
    UnionType,
)
from marquee_schema.composition.satisfiability.contexts import RequiredContext, required_contexts
from marquee_schema.composition.selected_fields import fields_selected
from marquee_schema.composition.subgraph.federation_directives import fields_argument, is_resolvable
from marquee_schema.composition.type_reference import base_name
from marquee_schema.field_set import (
    FieldSet,
    FieldSetError,
    FieldSetField,
    FieldSetSelection,
    parse_field_set,
)

View: TypeAlias = FieldSet
"""The part of a type that a `@provides` on the way makes readable."""


@dataclass(frozen=True, slots=True)
class Node:
    """A type in a subgraph, and what is provided on it there."""

    subgraph: int
    type: str
    view: View = ()


@dataclass(frozen=True, slots=True)
class OverrideCondition:
    """An edge that exists while a progressive override's label is on, or off."""

    label: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class FieldEdge:
    """A field that can be read at a node; `head` is None for a leaf."""

    field: Field
    head: Node | None
    requires: View = ()
    condition: OverrideCondition | None = None
    contexts: tuple[RequiredContext, ...] = ()


@dataclass(frozen=True, slots=True)
class KeyEdge:
    """A way into another subgraph, once `conditions` are read where one stands."""

    head: Node
    conditions: View


class SatisfiabilityGraph:
    """Edges of all subgraphs, found when asked for."""

    def __init__(self, context: MergeContext, api_types: frozenset[str]) -> None:
        self.context = context
        self.subgraphs = context.subgraphs
        self._api_types = api_types
        self._field_edges: dict[tuple[Node, str], FieldEdge | None] = {}
        self._key_edges: dict[tuple[int, str], tuple[KeyEdge, ...]] = {}
        self._runtime_types: dict[tuple[int, str], frozenset[str]] = {}
        self._annotations: dict[Field, dict[str, AppliedDirective]] = {}
        self._local_keys: dict[tuple[int, str], bool] = {}
        self._definers: dict[tuple[str, str], tuple[int, ...]] = {}
        self._declarations: dict[tuple[str, str], list[int]] = {}
        for index, subgraph in enumerate(self.subgraphs):
            for candidate in subgraph.composites():
                for name in candidate.fields:
                    self._declarations.setdefault((candidate.name, name), []).append(index)

    def definition(self, node: Node) -> NamedType | None:
        """The type at a node, as its subgraph defines it."""
        return self.subgraphs[node.subgraph].types.get(node.type)

    def is_interface_object(self, node: Node) -> bool:
        """Whether the subgraph stands for an interface here, and cannot tell its types apart."""
        return self.subgraphs[node.subgraph].is_interface_object(self.definition(node))

    def is_abstract(self, node: Node) -> bool:
        """Whether the node is an interface or union in its subgraph."""
        return isinstance(self.definition(node), InterfaceType | UnionType)

    def roots(self, operation: str) -> list[Node]:
        """The root types of an operation kind."""
        return [
            Node(index, subgraph.roots[operation])
            for index, subgraph in enumerate(self.subgraphs)
            if operation in subgraph.roots
        ]

    def runtime_types(self, node: Node) -> frozenset[str]:
        """The object types that the subgraph can return here."""
        key = (node.subgraph, node.type)
        if key not in self._runtime_types:
            found = self.subgraphs[node.subgraph].runtime_types(node.type)
            self._runtime_types[key] = frozenset(candidate.name for candidate in found)
        return self._runtime_types[key]

    def cast(self, node: Node, type_name: str) -> Node:
        """The node for one object type of an abstract node."""
        return Node(node.subgraph, type_name, tuple(_view_of(node.view, type_name)))

    def definers_of(self, owner: str, name: str) -> tuple[int, ...]:
        """The subgraphs that declare a field of an object type, on the type or on an interface object for
        it."""
        key = (owner, name)
        if key not in self._definers:
            found = set(self._declarations.get(key, ()))
            merged = self.context.merged.composite(owner)
            for interface in merged.interfaces if merged else ():
                if interface in self.context.interface_objects:
                    standing = self._standing_for(interface)
                    found.update(i for i in self._declarations.get((interface, name), ()) if i in standing)
            self._definers[key] = tuple(sorted(found))
        return self._definers[key]

    def field_edge(self, node: Node, name: str) -> FieldEdge | None:
        """Reading a field at a node; None when the subgraph cannot, at least not right there."""
        key = (node, name)
        if key not in self._field_edges:
            self._field_edges[key] = self._find_field_edge(node, name)
        return self._field_edges[key]

    def key_edges(self, node: Node) -> tuple[KeyEdge, ...]:
        """The ways from a node to the same entity in other subgraphs."""
        key = (node.subgraph, node.type)
        if key not in self._key_edges:
            self._key_edges[key] = tuple(self._find_key_edges(node))
        return self._key_edges[key]

    def root_edges(self, node: Node) -> list[Node]:
        """From a root type, met below the root, to the same root type elsewhere."""
        roots = self.subgraphs[node.subgraph].roots
        return [
            root
            for operation, name in roots.items()
            if name == node.type
            for root in self.roots(operation)
            if root.subgraph != node.subgraph
        ]

    def has_local_key(self, node: Node) -> bool:
        """Whether the subgraph can give a key of the type all by itself, to come back to it."""
        key = (node.subgraph, node.type)
        if key not in self._local_keys:
            self._local_keys[key] = any(self._local_key_fields(node))
        return self._local_keys[key]

    def keys(self, node: Node) -> list[AppliedDirective]:
        """The keys of the type at a node."""
        definition = self.definition(node)
        return definition.all_applied("key") if definition is not None else []

    def is_readable(self, index: int, field: Field) -> bool:
        """Whether the subgraph resolves the field: neither external nor overridden for good."""
        if self.context.is_external(index, field):
            return False
        annotations = self._annotations_of(field)
        if not annotations:
            return True
        annotation = annotations.get(self.context.join.graphs[index])
        if annotation is None:
            return False
        return "usedOverridden" not in annotation.arguments or "overrideLabel" in annotation.arguments

    def is_overridden(self, index: int, field: Field) -> bool:
        """Whether the subgraph would resolve the field, were it not overridden."""
        return not self.context.is_external(index, field) and not self.is_readable(index, field)

    def _local_key_fields(self, node: Node) -> Iterator[bool]:
        subgraph, definition = self.subgraphs[node.subgraph], self.definition(node)
        for key in self.keys(node):
            fields = fields_argument(key)
            if fields is None or definition is None:
                continue
            try:
                selected = list(fields_selected(subgraph, definition, parse_field_set(fields)))
            except FieldSetError:
                continue
            yield all(self.is_readable(node.subgraph, field) for field in selected)

    def _annotations_of(self, field: Field) -> dict[str, AppliedDirective]:
        """The `@join__field`s of the merged field, by graph; none when all that define the type resolve
        it."""
        if field not in self._annotations:
            owner = self.context.merged.composite(field.parent.name)
            merged = owner.fields.get(field.name) if owner else None
            joins = merged.named("join__field") if merged else []
            by_graph = {str(join.arguments.get("graph")): join for join in joins}
            self._annotations[field] = by_graph
        return self._annotations[field]

    def _find_field_edge(self, node: Node, name: str) -> FieldEdge | None:
        owner = self.definition(node)
        field = owner.fields.get(name) if isinstance(owner, CompositeType) else None
        if field is None:
            return None
        provided = _provided_below(node.view, name)
        is_direct = self._is_direct(node, field)
        if not is_direct and provided is None:
            return None
        view = provided or ()
        if not is_direct:
            return FieldEdge(field, self._head(node, field, view))
        applied = field.applied("provides") if field.directives else None
        return FieldEdge(
            field,
            self._head(node, field, tuple(dict.fromkeys((*view, *_field_set(applied))))),
            _field_set(field.applied("requires") if field.directives else None),
            self._condition(node.subgraph, field),
            required_contexts(self.subgraphs[node.subgraph], field),
        )

    def _is_direct(self, node: Node, field: Field) -> bool:
        """Whether the subgraph resolves the field here: on an interface, in every implementation it has."""
        if not self.is_readable(node.subgraph, field):
            return False
        if not isinstance(field.parent, InterfaceType):
            return True
        if field.parent.name not in self._api_types:
            return False
        subgraph = self.subgraphs[node.subgraph]
        for implementation in self.context.merged.runtime_types(field.parent.name):
            own = subgraph.composite(implementation.name)
            if own is None:
                continue
            implementing = own.fields.get(field.name)
            if implementing is None or not self.is_readable(node.subgraph, implementing):
                return False
            if implementing.applied("requires"):
                return False
        return True

    def _head(self, node: Node, field: Field, view: View) -> Node | None:
        target = base_name(field.type)
        definition = self.subgraphs[node.subgraph].types.get(target)
        return (
            Node(node.subgraph, target, view) if isinstance(definition, CompositeType | UnionType) else None
        )

    def _condition(self, index: int, field: Field) -> OverrideCondition | None:
        annotation = self._annotations_of(field).get(self.context.join.graphs[index])
        label = annotation.arguments.get("overrideLabel") if annotation else None
        if annotation is None or label is None:
            return None
        return OverrideCondition(str(label), "override" in annotation.arguments)

    def _find_key_edges(self, node: Node) -> Iterator[KeyEdge]:
        names = [node.type]
        own = self.context.merged.types.get(node.type)
        if isinstance(own, ObjectType):
            names += [name for name in own.interfaces if name in self.context.interface_objects]
        for name in names:
            indexes = self.context.definers.get(name, ()) if name == node.type else self._standing_for(name)
            for index in indexes:
                if index != node.subgraph:
                    yield from self._keys_into(node, Node(index, name))

    def _standing_for(self, interface: str) -> Sequence[int]:
        return self.context.interface_objects.get(interface, ())

    def _keys_into(self, node: Node, head: Node) -> Iterator[KeyEdge]:
        for key in self.keys(head):
            conditions = _field_set(key)
            if not conditions or not is_resolvable(key):
                continue
            if head.type == node.type or self._has_fields(node, conditions):
                yield KeyEdge(head, conditions)

    def _has_fields(self, node: Node, conditions: View) -> bool:
        """Whether an object has the fields of an interface object's key at all."""
        definition = self.definition(node)
        if definition is None:
            return False
        try:
            for _ in fields_selected(self.subgraphs[node.subgraph], definition, conditions):
                pass
        except FieldSetError:
            return False
        return True


def _field_set(applied: AppliedDirective | None) -> View:
    fields = fields_argument(applied) if applied else None
    if fields is None:
        return ()
    try:
        return parse_field_set(fields)
    except FieldSetError:
        return ()


def _provided_below(view: View, name: str) -> View | None:
    """What is provided below a field; None when the field itself is not."""
    found: list[FieldSetSelection] = []
    is_provided = False
    for item in view:
        if isinstance(item, FieldSetField):
            if item.name == name:
                is_provided = True
                found += item.selections
        elif not item.type_condition:
            inner = _provided_below(item.selections, name)
            if inner is not None:
                is_provided = True
                found += inner
    return tuple(found) if is_provided else None


def _view_of(view: View, type_name: str) -> Iterator[FieldSetSelection]:
    """What is provided for one object type of an abstract one."""
    for item in view:
        if not isinstance(item, FieldSetField) and item.type_condition in ("", type_name):
            yield from item.selections
