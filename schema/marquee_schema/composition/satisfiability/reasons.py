"""Saying why each subgraph cannot go on: from where, to where, and what is missing."""

from collections.abc import Iterator, Sequence

from marquee_schema.composition.model import CompositeType, InterfaceType
from marquee_schema.composition.report import subgraphs
from marquee_schema.composition.satisfiability.advancing import Advancer, Labels, Position
from marquee_schema.composition.satisfiability.graph import FieldEdge, Node
from marquee_schema.composition.selected_fields import canonical_literal
from marquee_schema.composition.subgraph.federation_directives import is_resolvable
from marquee_schema.field_set import print_field_set

Reason = tuple[str, str]
"""The subgraph one is in, and why it is of no help."""


class Explainer:
    """Explains steps that failed; asked only then, so it may take its time."""

    def __init__(self, advancer: Advancer) -> None:
        self._advancer = advancer
        self._graph = advancer.graph

    def explain(self, positions: Sequence[Position], owner: str, name: str | None, labels: Labels) -> str:
        """The reasons by subgraph, as text; `name` is the field of `owner`, None for the type `owner`
        itself."""
        by_subgraph: dict[str, dict[str, None]] = {}
        for position in positions:
            for subgraph, reason in self._reasons(position, owner, name, labels):
                by_subgraph.setdefault(subgraph, {})[reason] = None
        parts: list[str] = []
        for subgraph, reasons in by_subgraph.items():
            head = f'- from subgraph "{subgraph}":'
            if len(reasons) == 1:
                parts.append(f"{head} {next(iter(reasons))}.")
            else:
                parts += [head, *(f"  - {reason}." for reason in reasons)]
        return "\n".join(parts)

    def _reasons(self, position: Position, owner: str, name: str | None, labels: Labels) -> Iterator[Reason]:
        node = position.node
        yield self._name(node), self._dead_end(position, owner, name, labels)
        reached = [node]
        for moved in self._advancer.moves(position):
            reached.append(moved.node)
            yield self._name(moved.node), self._dead_end(moved, owner, name, labels)
        known = {other.subgraph for other in reached}
        for index in range(len(self._graph.subgraphs)):
            if index not in known and self._could_help(index, owner, name):
                yield self._name(node), self._cannot_move(reached, node, index, owner, name)

    def _name(self, node: Node) -> str:
        return self._graph.subgraphs[node.subgraph].name

    def _could_help(self, index: int, owner: str, name: str | None) -> bool:
        candidate = self._graph.subgraphs[index].types.get(owner)
        if name is None:
            return candidate is not None
        field = candidate.fields.get(name) if isinstance(candidate, CompositeType) else None
        return field is not None and self._graph.is_readable(index, field)

    def _dead_end(self, position: Position, owner: str, name: str | None, labels: Labels) -> str:
        """Why the step cannot be taken where one stands."""
        graph, node = self._graph, position.node
        if name is None:
            if graph.is_interface_object(node):
                return (
                    "no subgraph can be reached to resolve the implementation type of @interfaceObject type"
                    f' "{node.type}"'
                )
            return f'cannot find type "{owner}"'
        coordinate = f"{owner}.{name}"
        here = graph.cast(node, owner) if graph.is_abstract(node) else node
        edge = graph.field_edge(here, name)
        if edge is not None:
            return self._untaken(Position(here, position.is_fresh, position.setters), edge, labels)
        subgraph = graph.subgraphs[node.subgraph]
        candidate = subgraph.composite(here.type)
        field = candidate.fields.get(name) if candidate else None
        if field is None:
            if owner not in subgraph.types and node.type != owner:
                return (
                    f'cannot find implementation type "{owner}" (supergraph interface "{node.type}" is'
                    " declared with"
                    f' @interfaceObject in "{subgraph.name}")'
                )
            return f'cannot find field "{coordinate}"'
        if graph.is_overridden(node.subgraph, field):
            return f'field "{coordinate}" is not resolvable because it is overridden by another subgraph'
        return f'field "{coordinate}" is not resolvable because marked @external'

    def _untaken(self, position: Position, edge: FieldEdge, labels: Labels) -> str:
        graph, coordinate = self._graph, edge.field.coordinate
        condition = edge.condition
        if condition is not None and labels.get(condition.label) != condition.enabled:
            state = "on" if condition.enabled else "off"
            return (
                f'field "{coordinate}" is only resolved here while override label "{condition.label}" is'
                f" {state}"
            )
        for context in edge.contexts:
            if not self._advancer.context_holds(position, context):
                return f'could not find a match for the context that "{context.argument}" needs'
        if not edge.requires or self._advancer.conditions.holds(position.node, edge.requires):
            return (
                f'@requires condition on field "{coordinate}" can be satisfied but there is no usable key on'
                f' "{position.node.type}" in subgraph "{graph.subgraphs[position.node.subgraph].name}" to'
                " resume the query"
            )
        required = print_field_set(edge.requires, canonical_literal)
        return (
            f'cannot satisfy @requires conditions "{required}" on field "{coordinate}"'
            f"{self._external_keys(position.node)}"
        )

    def _external_keys(self, node: Node) -> str:
        if not self._graph.keys(node) or self._graph.has_local_key(node):
            return ""
        return (
            f' (please ensure that this is not due to key fields of "{node.type}" being accidentally marked'
            " @external)"
        )

    def _cannot_move(
        self, reached: Sequence[Node], node: Node, index: int, owner: str, name: str | None
    ) -> str:
        """Why a subgraph that could help cannot be entered."""
        graph = self._graph
        what = f'has field "{owner}.{name}"' if name else f'defines type "{owner}"'
        target = graph.subgraphs[index]
        head = (
            f"cannot move to subgraph {subgraphs([target.name]).removeprefix('subgraph ')}, which {what},"
            " because"
        )
        for current in reached:
            for edge in graph.key_edges(current):
                if edge.head.subgraph == index:
                    return (
                        f'{head} its @key(fields: "{print_field_set(edge.conditions, canonical_literal)}") of'
                        f' "{edge.head.type}" cannot be resolved'
                        f" in {subgraphs([self._name(current)])}"
                    )
        definition = target.types.get(node.type)
        if definition is None:
            kind = "interface" if isinstance(graph.definition(node), InterfaceType) else "type"
            return f'{head} {kind} "{node.type}" is not defined in that subgraph'
        keys = definition.all_applied("key")
        if keys and not any(is_resolvable(key) for key in keys):
            return f'{head} none of the @key defined on "{node.type}" there are resolvable'
        return f'{head} type "{node.type}" has no @key defined there'
