"""From a selection tree to the text of a selection; owns compactness and validity of what subgraphs are sent.

A field asked for on all types a subgraph can return is written once on the abstract type where the
subgraph's own schema allows it; otherwise under the object types that need it. Never writes a type the
subgraph does not know.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from marquee_router.planning.active_graph import ActiveGraph
from marquee_router.planning.candidates.context_value import context_key
from marquee_router.planning.conditions import both, given, variables_of
from marquee_router.planning.fetch_groups.context_variables import ContextNames
from marquee_router.planning.fetch_groups.selection_tree import Entry, SelectionTree
from marquee_router.planning.plan import Condition, Conditions
from marquee_router.planning.source_keys import TYPENAME
from marquee_schema.query_graph import Node
from marquee_schema.supergraph import named_type


class SelectionPrinter:
    """Prints trees of one fetch and remembers the client's variables that they use."""

    def __init__(
        self, graph: ActiveGraph, conditions: Conditions, contexts: ContextNames | None = None
    ) -> None:
        """`conditions` hold whenever the fetch runs; `contexts` are the variables that contexts fill."""
        self._graph = graph
        self._context = conditions
        self._contexts = contexts or {}
        self.variables: set[str] = set()

    def fields(self, tree: SelectionTree, *, entity: bool = False, narrowed: bool = False) -> str:
        """The selection without braces; never empty. Where the tree's type is `narrowed`, it is told.

        An `@interfaceObject` says its interface's name, unless it is an entity, whose type is known better.
        """
        parts: list[str] = []
        open_ = self._graph.is_abstract(tree.node.type_name)
        abstract = open_ and self._graph.knows_types(tree.node)
        if (
            abstract
            or (narrowed and not open_)
            or ((tree.typename or (open_ and tree.named and not entity)) and not tree.hides_typename)
        ):
            parts.append(TYPENAME)
        if abstract:
            parts.extend(self._abstract_fields(tree))
        else:
            parts.extend(self._field(entry, tree.node) for entry in tree.entries.values())
        return join(parts) or TYPENAME

    def fragments(self, tree: SelectionTree, types: frozenset[str]) -> tuple[str, ...]:
        """The selection of entities of the given types: an inline fragment for each."""
        if tree.node.type_name not in types:
            return (f"...on {tree.node.type_name}{{{self.fields(tree, entity=True)}}}",)
        return tuple(self._fragment(tree, type_name) for type_name in sorted(types))

    def _fragment(self, tree: SelectionTree, type_name: str) -> str:
        node = self._graph.narrow(tree.node, type_name)
        parts = [self._field(entry, node) for entry in tree.entries.values() if type_name in entry.types]
        if tree.typename:
            parts.insert(0, TYPENAME)
        return f"...on {type_name}{{{join(parts) or TYPENAME}}}"

    def _abstract_fields(self, tree: SelectionTree) -> list[str]:
        possible = self._graph.possible_types(tree.node)
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
        """Whether the field may be written on the tree's abstract type itself."""
        if not possible <= entry.types:
            return False
        edge = self._graph.field_edge(tree.node, entry.field.name)
        return edge is not None and edge.head == (entry.tree.node if entry.tree is not None else None)

    def _grouped(self, tree: SelectionTree, per_type: dict[str, list[str]]) -> list[str]:
        same: dict[str, list[str]] = {}
        for type_name, texts in per_type.items():
            same.setdefault(join(texts), []).append(type_name)
        return [f"...on {name}{{{text}}}" for text, names in same.items() if text for name in names]

    def _field(self, entry: Entry, node: Node) -> str:
        conditions = given(self._context, entry.conditions)
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
            return _conditional(text, self._below(entry), conditions)
        return join(self._alternative(entry, text, each) for each in conditions)

    def _alternative(self, entry: Entry, text: str, known: tuple[Condition, ...]) -> str:
        outer = self._context
        self._context = (known,) if len(outer) > 1 else both(outer, (known,)) or outer
        text += self._below(entry)
        self._context = outer
        return _nested(text, known)

    def _below(self, entry: Entry) -> str:
        """What is selected of the entry's objects."""
        tree = entry.tree
        return f"{{{self.fields(tree, narrowed=self._is_narrowed(entry, tree))}}}" if tree is not None else ""

    def _is_narrowed(self, entry: Entry, tree: SelectionTree) -> bool:
        """Whether the subgraph gives the field a type that for others is one of several."""
        owner = self._graph.supergraph.types.get(min(entry.types))
        declared = owner.fields.get(entry.field.name) if owner is not None else None
        return declared is not None and named_type(declared.type) != tree.node.type_name

    def _contextual(self, node: Node, name: str) -> Iterator[str]:
        """The arguments that contexts fill; only fields of the fetched entities themselves have any."""
        edge = self._graph.field_edge(node, name)
        for argument in edge.context_arguments if edge is not None else ():
            yield f"{argument.name}:${self._contexts[context_key(argument)]}"


def under(conditions: Conditions, text: str) -> str:
    """A selection that is read only where the conditions hold."""
    if not conditions:
        return text
    return join(_nested(text, conjunction) for conjunction in conditions)


def _conditional(head: str, below: str, conditions: Conditions) -> str:
    if not conditions:
        return head + below
    (conjunction,) = conditions
    if len({condition.expected for condition in conjunction}) == len(conjunction):
        return f"{head} {join(map(_directive, conjunction))}{below}"
    return _nested(head + below, conjunction)


def _nested(text: str, conjunction: tuple[Condition, ...]) -> str:
    for condition in reversed(conjunction):
        text = f"...{_directive(condition)}{{{text}}}"
    return text


def _directive(condition: Condition) -> str:
    return f"@{'include' if condition.expected else 'skip'}(if:${condition.variable})"


def join(parts: Iterable[str]) -> str:
    """Parts of a selection side by side: a space only between two names."""
    text = ""
    for part in parts:
        if (
            text
            and part
            and (text[-1].isalnum() or text[-1] == "_")
            and (part[0].isalnum() or part[0] == "_")
        ):
            text += " "
        text += part
    return text
