"""Why a step cannot be taken in each subgraph: what is missing there, and which subgraphs cannot be entered.

Reads the subgraphs as they were composed as well as the query graph, which has no edges for what is missing.
"""

from collections.abc import Iterator, Sequence

from marquee_schema.composition.merge.context import MergeContext
from marquee_schema.composition.satisfiability.advancer import Advancer, Labels, Position
from marquee_schema.composition.selected_fields import canonical_literal
from marquee_schema.field_set import print_field_set
from marquee_schema.query_graph import FieldEdge, Node
from marquee_schema.supergraph import TypeKind

Reason = tuple[str, str]
"""A subgraph, and why the operation cannot continue from there."""


class Explainer:
    """Explains steps that failed. Runs only for errors, so it remembers nothing."""

    def __init__(self, context: MergeContext, advancer: Advancer) -> None:
        self._context = context
        self._advancer = advancer
        self._graph = advancer.graph

    def explain(self, positions: Sequence[Position], owner: str, name: str | None, labels: Labels) -> str:
        """The reasons by subgraph, as text. `name` is the field of `owner` that cannot be read; None when the
        operation cannot be narrowed to `owner`."""
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
        # First why the step fails at the position itself, then at each node that keys lead to, last why the
        # remaining subgraphs cannot be entered.
        yield node.subgraph, self._dead_end(position, owner, name, labels)
        reached = [node]
        for moved in self._advancer.moves(position):
            reached.append(moved.node)
            yield moved.node.subgraph, self._dead_end(moved, owner, name, labels)
        known = {other.subgraph for other in reached}
        for subgraph in self._graph.supergraph.subgraphs:
            if subgraph not in known and self._could_help(subgraph, owner, name):
                yield node.subgraph, self._cannot_move(reached, node, subgraph, owner, name)

    def _could_help(self, subgraph: str, owner: str, name: str | None) -> bool:
        """True if the subgraph declares the type, and resolves the field of that name if one is given."""
        declared = self._graph.supergraph.types[owner].subgraphs.get(subgraph)
        if name is None or declared is None:
            return declared is not None
        field = declared.fields.get(name)
        return field is not None and not field.external

    def _dead_end(self, position: Position, owner: str, name: str | None, labels: Labels) -> str:
        """Why the step cannot be taken at the position itself."""
        graph, node = self._graph, position.node
        if name is None:
            if graph.is_interface_object(node.type_name, node.subgraph):
                return (
                    "no subgraph can be reached to resolve the implementation type of @interfaceObject type"
                    f' "{node.type_name}"'
                )
            return f'cannot find type "{owner}"'
        coordinate = f"{owner}.{name}"
        # The field was asked of one object type, so the explanation is about that type.
        here = graph.narrow_by_fragments(node, owner) if graph.is_abstract(node) else node
        edge = graph.field_edge(here, name)
        if edge is not None:
            return self._untaken(Position(here, position.is_fresh, position.setters), edge, labels)
        subgraph = self._context.subgraph(node.subgraph)
        declaring = subgraph.composite(here.type_name)
        field = declaring.fields.get(name) if declaring else None
        if field is None:
            if owner not in subgraph.types and node.type_name != owner:
                return (
                    f'cannot find implementation type "{owner}" (supergraph interface "{node.type_name}" is'
                    f' declared with @interfaceObject in "{subgraph.name}")'
                )
            return f'cannot find field "{coordinate}"'
        if subgraph.facts.is_external(field):
            return f'field "{coordinate}" is not resolvable because marked @external'
        return f'field "{coordinate}" is not resolvable because it is overridden by another subgraph'

    def _untaken(self, position: Position, edge: FieldEdge, labels: Labels) -> str:
        node, coordinate = position.node, f"{edge.tail.type_name}.{edge.name}"
        condition = edge.condition
        if condition is not None and labels.get(condition.label) != condition.enabled:
            state = "on" if condition.enabled else "off"
            return (
                f'field "{coordinate}" is only resolved here while override label "{condition.label}" is'
                f" {state}"
            )
        for argument in edge.context_arguments:
            if not self._advancer.context_holds(position, argument):
                needing = f"{coordinate}({argument.name}:)"
                return f'could not find a match for the context that "{needing}" needs'
        if not edge.requires or self._advancer.conditions.holds(node, edge.requires):
            return (
                f'@requires condition on field "{coordinate}" can be satisfied but there is no usable key on'
                f' "{node.type_name}" in subgraph "{node.subgraph}" to resume the query'
            )
        required = print_field_set(edge.requires, canonical_literal)
        return (
            f'cannot satisfy @requires conditions "{required}" on field "{coordinate}"'
            f"{self._external_keys(node)}"
        )

    def _external_keys(self, node: Node) -> str:
        if not self._graph.return_edges(node) or self._graph.has_own_key(node):
            return ""
        return (
            f' (please ensure that this is not due to key fields of "{node.type_name}" being accidentally'
            " marked @external)"
        )

    def _cannot_move(
        self, reached: Sequence[Node], node: Node, subgraph: str, owner: str, name: str | None
    ) -> str:
        """Why a subgraph that could take the step cannot be entered."""
        graph = self._graph
        what = f'has field "{owner}.{name}"' if name else f'defines type "{owner}"'
        head = f'cannot move to subgraph "{subgraph}", which {what}, because'
        for current in reached:
            for edge in graph.entity_edges_from(current):
                if edge.head.subgraph == subgraph:
                    key = print_field_set(edge.key.selection, canonical_literal)
                    return (
                        f'{head} its @key(fields: "{key}") of "{edge.head.type_name}" cannot be resolved in'
                        f' subgraph "{current.subgraph}"'
                    )
        target = graph.supergraph.types[node.type_name]
        declared = target.subgraphs.get(subgraph)
        if declared is None:
            is_interface = target.kind is TypeKind.INTERFACE and graph.is_abstract(node)
            kind = "interface" if is_interface else "type"
            return f'{head} {kind} "{node.type_name}" is not defined in that subgraph'
        if declared.keys and not any(key.resolvable for key in declared.keys):
            return f'{head} none of the @key defined on "{node.type_name}" there are resolvable'
        return f'{head} type "{node.type_name}" has no @key defined there'
