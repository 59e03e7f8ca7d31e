"""Fourth stage: the fetches that were chosen, what each selects, and which must wait for which.

Owns the turning of potential into actual: selections are put into the trees of their fetches, later fetches
first, so that each knows under which conditions it runs before what it needs is put into the earlier ones.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from marquee_router.planning.active_graph import ActiveGraph
from marquee_router.planning.candidates.candidate import (
    CandidateFetch,
    CandidatePath,
    FetchIdentity,
    FieldCandidates,
    FieldOrigin,
)
from marquee_router.planning.choice.choose import Choice
from marquee_router.planning.choice.chosen_fetches import ChosenFetch
from marquee_router.planning.conditions import ALWAYS, narrowed, widened
from marquee_router.planning.fetch_groups.selection_tree import Entry, SelectionTree, TreeBuilder
from marquee_router.planning.operation import NormalizedField
from marquee_router.planning.plan import Conditions
from marquee_router.planning.response_tree import ResponseNode


@dataclass(slots=True, eq=False)
class FetchNode:
    """One fetch point with its selection; `conditions` is None until something is read by it."""

    chosen: ChosenFetch
    tree: SelectionTree
    conditions: Conditions | None = None
    delay: Conditions = ALWAYS
    """Which deferred fragments it is for."""
    needs: dict[int, FetchNode] = field(default_factory=dict)
    """Fetches that must come before, by `id`."""

    @property
    def point(self) -> CandidateFetch:
        """What is fetched."""
        return self.chosen.candidate


class FetchGraphBuilder:
    """Builds the graph of one choice."""

    def __init__(self, choice: Choice, graph: ActiveGraph, max_fields: int) -> None:
        self._choice = choice
        self._trees = TreeBuilder(graph, max_fields)
        self._nodes: dict[FetchIdentity, FetchNode] = {
            chosen.candidate.identity: FetchNode(chosen, SelectionTree(chosen.candidate.node))
            for chosen in choice.fetches
        }

    def build(self) -> list[FetchNode]:
        """The fetches, in an order in which each comes after all it needs. Raises `TooComplexError`."""
        for unit, access in self._choice.reads:
            self._read(self._nodes[access.fetch.identity], unit, access, asked(unit, access))
        latest_first = sorted(self._nodes.values(), key=lambda node: -node.chosen.stage)
        for node in latest_first:
            for unit, access in node.chosen.inputs:
                conditions = node.conditions if node.conditions is not None else ALWAYS
                provider = self._nodes[access.fetch.identity]
                self._provide(node, provider, unit, access, conditions)
        used = [node for node in self._nodes.values() if node.conditions is not None]
        return sorted(used, key=lambda node: node.chosen.stage)

    def _provide(
        self,
        node: FetchNode,
        provider: FetchNode,
        unit: FieldCandidates,
        access: CandidatePath,
        conditions: Conditions,
    ) -> None:
        """Let `provider` read what `node` needs."""
        self._read(provider, unit, access, conditions, needed=True)
        node.needs[id(provider)] = provider
        self._read_typename(node, provider, access, conditions)

    def _read(
        self,
        node: FetchNode,
        unit: FieldCandidates,
        access: CandidatePath,
        conditions: Conditions,
        *,
        needed: bool = False,
    ) -> None:
        """Select the unit in the fetch of its access, for the client or because a fetch needs it."""
        tree, below = self._tree_of(node, access, conditions, needed=needed)
        if unit.field is None:
            if access.origin is None:
                tree.typename = True
        elif unit.whole or unit.field.selection is None:
            named = not _is_shadowed(unit.field, unit.response)
            self._trees.add_field(tree, unit.field, unit.types, below, named=named)
            required = self._trees.provided_requirement(tree, unit.field, unit.types)
            if required and not access.fetch.requires:
                selection = unit.response.field_set(unit.types, required)
                self._trees.add_all(tree, selection, below)
        if access.origin is None:
            node.conditions = widened(node.conditions, conditions)

    def _tree_of(
        self, node: FetchNode, access: CandidatePath, conditions: Conditions, *, needed: bool
    ) -> tuple[SelectionTree, Conditions]:
        """The tree of the object that the access gives, with all fields on the way to it selected; and the
        conditions there, where some of them are selected for others as well.
        """
        if access.origin is None:
            return node.tree, conditions
        tree = node.tree
        entry: Entry | None = None
        outer = ALWAYS
        for step, origin, own in _way(access, conditions, needed=needed):
            outer = entry.below(outer, own) if entry is not None else own
            entry = tree.enter(origin.field, origin.types, outer, step.node)
            if tree is node.tree:
                node.conditions = widened(node.conditions, outer)
            if entry.tree is not None:
                tree = entry.tree
                tree.hides_typename = tree.hides_typename or step.hides_typename
                tree.named = tree.named or not _is_shadowed(origin.field, origin.parent.response)
        return tree, conditions if entry is None else entry.below(outer, conditions)

    def _read_typename(
        self, node: FetchNode, provider: FetchNode, access: CandidatePath, conditions: Conditions
    ) -> None:
        """A representation carries the object's type: select it where the object itself was read."""
        current: CandidatePath | None = access
        while current is not None and current.response is not node.point.response:
            current = current.origin.parent if current.origin is not None else None
        entry = node.chosen.entry
        is_entity = entry is not None and entry.edge is not None
        if is_entity and current is not None and current.origin is not None:
            self._tree_of(provider, current, conditions, needed=True)[0].typename = True


def asked(unit: FieldCandidates, access: CandidatePath) -> Conditions:
    """When the client asks for what the unit reads; for an object that may be there without the client, with
    what that says of it.
    """
    own = unit.field.conditions if unit.field is not None else unit.conditions
    return narrowed(own, access.response.selected_when()) if access.origin is None else own


def _way(
    access: CandidatePath, conditions: Conditions, *, needed: bool
) -> list[tuple[CandidatePath, FieldOrigin, Conditions]]:
    """The fields that lead from the fetched object to the access, each with its own conditions.

    A field of the client has its own, one that the planner wants those of who needs it; so has a field of the
    client whose object may be there for the planner, and who needs something of that says when.
    """
    found: list[tuple[CandidatePath, FieldOrigin, Conditions]] = []
    current = access
    while current.origin is not None:
        origin = current.origin
        needed = needed and current.response.is_required
        own = conditions if needed or origin.field.type is None else origin.field.conditions
        found.append((current, origin, own))
        current = origin.parent
    top, origin, own = found[-1]
    if origin.field.type is not None:
        found[-1] = (top, origin, narrowed(own, access.fetch.response.selected_when()))
    return found[::-1]


def _is_shadowed(field_: NormalizedField, place: ResponseNode) -> bool:
    """Whether only the planner wants it, of an object that the client reads too: the client's reading decides
    under which type the object is known.
    """
    return field_.type is None and place.child(field_.source).is_selected
