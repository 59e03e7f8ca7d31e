"""Which fields each fetch node selects, and under which conditions.

Owns the selecting of one chosen read: the fields on its candidate path, the field itself, and `__typename`
where an entity will be sent on.
"""

from __future__ import annotations

from typing import NamedTuple

from marquee_router.planning.active_graph import ActiveGraph
from marquee_router.planning.candidates.candidate import CandidatePath, FieldOrigin
from marquee_router.planning.choice.chosen_fetches import ChosenRead
from marquee_router.planning.conditions import ALWAYS, narrowed, widened
from marquee_router.planning.fetch_groups.fetch_node import FetchNode
from marquee_router.planning.fetch_groups.selection_tree import Entry, SelectionTree, TreeBuilder
from marquee_router.planning.operation import NormalizedField
from marquee_router.planning.plan import Conditions
from marquee_router.planning.response_tree import ResponseNode


class NodeSelections:
    """Selects in the nodes of one fetch graph; bounded by the number of fields written."""

    def __init__(self, graph: ActiveGraph, max_fields: int) -> None:
        self._trees = TreeBuilder(graph, max_fields)

    def select(
        self, node: FetchNode, read: ChosenRead, conditions: Conditions, *, is_input: bool = False
    ) -> None:
        """Select a field in the node of its path; `is_input` if another fetch needs it, not the client."""
        candidates, path = read
        tree, below = self._enter(node, path, conditions, is_input=is_input)
        field = candidates.field
        if field is None:
            if path.origin is None:
                tree.typename = True
        elif candidates.whole or field.selection is None:
            interface_name = not _is_read_by_client(field, candidates.response)
            self._trees.add_field(tree, field, candidates.types, below, interface_name=interface_name)
            required = self._trees.provided_requirement(tree, field, candidates.types)
            if required and not path.fetch.requires:
                # What the field requires is provided right there. The subgraph still computes the field from
                # what is selected beside it: `{ item { weight cost } }` for `@requires(fields: "weight")`.
                selection = candidates.response.field_set(candidates.types, required)
                self._trees.add_all(tree, selection, below)
        if path.origin is None:
            node.conditions = widened(node.conditions, conditions)

    def provide(self, node: FetchNode, provider: FetchNode, read: ChosenRead, conditions: Conditions) -> None:
        """Select in `provider` an input of `node`, which then runs after it."""
        self.select(provider, read, conditions, is_input=True)
        node.needs[provider] = None
        self._select_typename(node, provider, read.path, conditions)

    def _select_typename(
        self, node: FetchNode, provider: FetchNode, path: CandidatePath, conditions: Conditions
    ) -> None:
        """A representation carries the object's type: select it where the object itself is read."""
        current: CandidatePath | None = path
        while current is not None and current.response is not node.candidate.response:
            current = current.origin.parent if current.origin is not None else None
        entry = node.chosen.entry
        is_entity = entry is not None and entry.edge is not None
        if is_entity and current is not None and current.origin is not None:
            self._enter(provider, current, conditions, is_input=True)[0].typename = True

    def _enter(
        self, node: FetchNode, path: CandidatePath, conditions: Conditions, *, is_input: bool
    ) -> tuple[SelectionTree, Conditions]:
        """The tree of the objects at the end of the path, after selecting all fields on the way.

        Also returns what `conditions` become there: less than asked for where the fields on the way already
        hold a part of them, more where these are selected for others as well.
        """
        if path.origin is None:
            return node.tree, conditions
        tree = node.tree
        entry: Entry | None = None
        outer = ALWAYS
        for step, origin, own in _steps(path, conditions, is_input=is_input):
            outer = entry.below(outer, own) if entry is not None else own
            entry = tree.enter(origin.field, origin.types, outer, step.node)
            if tree is node.tree:
                node.conditions = widened(node.conditions, outer)
            if entry.tree is not None:
                tree = entry.tree
                tree.hides_typename = tree.hides_typename or step.hides_typename
                parent = origin.parent.response
                tree.interface_name = tree.interface_name or not _is_read_by_client(origin.field, parent)
        return tree, conditions if entry is None else entry.below(outer, conditions)


def client_conditions(read: ChosenRead) -> Conditions:
    """When the client selects what is read.

    For a fetched object that another fetch may need without the client, also when the client selects it.
    """
    field = read.candidates.field
    own = field.conditions if field is not None else read.candidates.conditions
    return narrowed(own, read.path.response.selected_when()) if read.path.origin is None else own


class _Step(NamedTuple):
    path: CandidatePath
    origin: FieldOrigin
    conditions: Conditions


def _steps(path: CandidatePath, conditions: Conditions, *, is_input: bool) -> list[_Step]:
    """The fields that lead from the fetched object to the end of the path, each with its own conditions.

    A field of the client keeps its conditions, and a field that only the planner wants takes those of the
    fetch that needs it. So does a field of the client whose object is also there for the planner: in
    `{ item @include(if: $a) { id } }` the item may have to be read for a key although `$a` is false.
    """
    found: list[_Step] = []
    current = path
    while current.origin is not None:
        origin = current.origin
        is_input = is_input and current.response.is_required
        own = conditions if is_input or origin.field.type is None else origin.field.conditions
        found.append(_Step(current, origin, own))
        current = origin.parent
    first, origin, own = found[-1]
    if origin.field.type is not None:
        found[-1] = _Step(first, origin, narrowed(own, path.fetch.response.selected_when()))
    return found[::-1]


def _is_read_by_client(field: NormalizedField, parent: ResponseNode) -> bool:
    """True if only the planner wants the field, and the client reads the same object by a field of its own.

    Then the client's reading decides under which type the object is known.
    """
    return field.type is None and parent.child(field.source).is_selected
