"""From a selection tree to GraphQL text. Owns that the text is short, and valid for the subgraph's schema.

A field that is selected on all types that a subgraph can return is written once, on the abstract type, where
the subgraph's schema allows that; otherwise in a fragment for each object type. Never writes a type that the
subgraph does not know.
"""

from __future__ import annotations

from collections.abc import Iterator

from marquee_router.planning.active_graph import ActiveGraph
from marquee_router.planning.candidates.context_value import context_key
from marquee_router.planning.conditions import both, given, variables_of
from marquee_router.planning.fetch_groups.context_variables import ContextNames
from marquee_router.planning.fetch_groups.fetch_group import TypeFragment
from marquee_router.planning.fetch_groups.selection_syntax import field_with_conditions, in_fragments, join
from marquee_router.planning.fetch_groups.selection_tree import Entry, SelectionTree
from marquee_router.planning.plan import Condition, Conditions
from marquee_router.planning.source_keys import TYPENAME
from marquee_schema.query_graph import Node
from marquee_schema.supergraph import named_type


class SelectionPrinter:
    """Prints the trees of one fetch, and gathers the client's variables that they use."""

    def __init__(
        self, graph: ActiveGraph, conditions: Conditions, contexts: ContextNames | None = None
    ) -> None:
        """`conditions` hold whenever the fetch runs; `contexts` are the variables that contexts fill."""
        self.graph = graph
        self._known_conditions = conditions
        self._contexts = contexts or {}
        self.variables: set[str] = set()

    def fields(self, tree: SelectionTree, *, is_entity: bool = False, is_narrowed: bool = False) -> str:
        """The selection without braces; never empty.

        `is_narrowed` if other subgraphs return more types there than this one. `__typename` is selected then,
        as the merged object must have its concrete type.
        """
        parts: list[str] = []
        is_interface = self.graph.is_abstract(tree.node.type_name)
        is_abstract = is_interface and self.graph.knows_types(tree.node)
        # An `@interfaceObject` has only its interface's name to give. An entity's type is known already.
        gives_interface_name = is_interface and tree.interface_name and not is_entity
        if (
            is_abstract
            or (is_narrowed and not is_interface)
            or ((tree.typename or gives_interface_name) and not tree.hides_typename)
        ):
            parts.append(TYPENAME)
        if is_abstract:
            parts.extend(self._abstract_fields(tree))
        else:
            parts.extend(self._field(entry, tree.node) for entry in tree.entries.values())
        return join(parts) or TYPENAME

    def fragments(self, tree: SelectionTree, types: frozenset[str]) -> tuple[TypeFragment, ...]:
        """The selection of entities of the given types, for each type."""
        if tree.node.type_name not in types:
            return (TypeFragment(tree.node.type_name, self.fields(tree, is_entity=True)),)
        return tuple(self._fragment(tree, type_name) for type_name in sorted(types))

    def _fragment(self, tree: SelectionTree, type_name: str) -> TypeFragment:
        node = self.graph.narrow(tree.node, type_name)
        parts = [self._field(entry, node) for entry in tree.entries.values() if type_name in entry.types]
        if tree.typename:
            parts.insert(0, TYPENAME)
        return TypeFragment(type_name, join(parts) or TYPENAME)

    def _abstract_fields(self, tree: SelectionTree) -> list[str]:
        possible = self.graph.possible_types(tree.node)
        # A key is written on the abstract type if all its entries can be, else in the fragments of all types.
        general: dict[str, bool] = {}
        for entry in tree.entries.values():
            source = entry.field.source
            general[source] = general.get(source, True) and self._is_general(tree, entry, possible)
        parts: list[str] = []
        per_type: dict[str, list[str]] = {}
        for entry in tree.entries.values():
            text = self._field(entry, tree.node) if entry.types & possible else ""
            if general[entry.field.source]:
                parts.append(text)
            else:
                for type_name in sorted(entry.types & possible):
                    per_type.setdefault(type_name, []).append(text)
        return parts + self._grouped(tree, per_type)

    def _is_general(self, tree: SelectionTree, entry: Entry, possible: frozenset[str]) -> bool:
        """True if the field can be written on the tree's abstract type itself."""
        if not possible <= entry.types:
            return False
        edge = self.graph.field_edge(tree.node, entry.field.name)
        # The interface may declare a wider type: `media: Media` where the types have `media: Book`.
        return edge is not None and edge.head == (entry.tree.node if entry.tree is not None else None)

    def _grouped(self, tree: SelectionTree, per_type: dict[str, list[str]]) -> list[str]:
        same: dict[str, list[str]] = {}
        for type_name, texts in per_type.items():
            same.setdefault(join(texts), []).append(type_name)
        return [f"...on {name}{{{text}}}" for text, names in same.items() if text for name in names]

    def _field(self, entry: Entry, node: Node) -> str:
        conditions = given(self._known_conditions, entry.conditions)
        if conditions is None:
            return ""
        field = entry.field
        text = field.name if field.source == field.name else f"{field.source}:{field.name}"
        arguments = [f"{a.name}:{a.value}" for a in field.arguments]
        if self._contexts:
            arguments.extend(self._contextual(node, field.name))
        if arguments:
            text += f"({','.join(arguments)})"
            self.variables.update(name for a in field.arguments for name in a.variables)
        if field.directives:
            text += f" {field.directives}"
            self.variables.update(field.directive_variables)
        self.variables.update(variables_of(conditions))
        if len(conditions) < 2:
            return field_with_conditions(text, self._below(entry), conditions)
        return join(self._alternative(entry, text, each) for each in conditions)

    def _alternative(self, entry: Entry, text: str, known: tuple[Condition, ...]) -> str:
        outer = self._known_conditions
        # Inside `... @include(if: $x)` a further `@include(if: $x)` says nothing new.
        self._known_conditions = (known,) if len(outer) > 1 else both(outer, (known,)) or outer
        text += self._below(entry)
        self._known_conditions = outer
        return in_fragments(text, known)

    def _below(self, entry: Entry) -> str:
        """What is selected of the entry's objects."""
        tree = entry.tree
        return (
            f"{{{self.fields(tree, is_narrowed=self._is_narrowed(entry, tree))}}}" if tree is not None else ""
        )

    def _is_narrowed(self, entry: Entry, tree: SelectionTree) -> bool:
        """True if the subgraph declares the field with a narrower type than the supergraph.

        With `media: Media` in A and `media: Book` in B: what B returns is a `Book` among the media.
        """
        owner = self.graph.supergraph.types.get(min(entry.types))
        declared = owner.fields.get(entry.field.name) if owner is not None else None
        return declared is not None and named_type(declared.type) != tree.node.type_name

    def _contextual(self, node: Node, name: str) -> Iterator[str]:
        """The arguments that contexts fill; only fields of the fetched entities themselves have them."""
        edge = self.graph.field_edge(node, name)
        for argument in edge.context_arguments if edge is not None else ():
            yield f"{argument.name}:${self._contexts[context_key(argument)]}"
