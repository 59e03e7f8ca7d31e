"""The fourth stage of an operation with `@defer`: what is fetched at once, and what only for which fragments.

Owns the splitting of fetches. A fetch that serves deferred fragments alone is a fetch of its own; where such
fields are read together with others, an entity is asked for once more in the same subgraph, so that slow
fields do not hold up the first answer. What cannot be told apart is read at once, and only shown later.
"""

from __future__ import annotations

from collections.abc import Iterator

from marquee_router.planning.active_graph import ActiveGraph
from marquee_router.planning.candidates.candidate import (
    CandidateFetch,
    CandidatePath,
    FetchEntry,
    FetchIdentity,
    FieldCandidates,
    FieldOrigin,
)
from marquee_router.planning.choice.choose import Choice
from marquee_router.planning.choice.chosen_fetches import ChosenFetch
from marquee_router.planning.conditions import ALWAYS, both, widened
from marquee_router.planning.deferral import delayed, implies
from marquee_router.planning.fetch_groups.fetch_graph import FetchGraphBuilder, FetchNode, asked
from marquee_router.planning.fetch_groups.selection_tree import SelectionTree
from marquee_router.planning.operation import NormalizedField, NormalizedSelection
from marquee_router.planning.plan import Conditions, Each, Path, PathElement, TypeCondition
from marquee_router.planning.source_keys import TYPENAME
from marquee_schema.query_graph import EntityEdge, Node


class DeferredFetchBuilder(FetchGraphBuilder):
    """Builds the graph group by group: first what is asked for at once, then for each deferred fragment."""

    def __init__(self, choice: Choice, graph: ActiveGraph, max_fields: int) -> None:
        super().__init__(choice, graph, max_fields)
        self._graph = graph
        self._chosen = {chosen.candidate.identity: chosen for chosen in choice.fetches}
        self._groups: dict[FetchIdentity, list[FetchNode]] = {}
        self._delaying: dict[int, bool] = {}

    def build(self) -> list[FetchNode]:
        """The fetches of all groups, each after what it needs."""
        reads: dict[Conditions, list[tuple[FieldCandidates, CandidatePath]]] = {ALWAYS: []}
        for whole, given in self._choice.reads:
            for unit, access in self._expanded(whole, given):
                reads.setdefault(_delay(unit), []).append((unit, access))
        for delay in sorted(reads, key=_strength):
            for unit, access in reads[delay]:
                self._read_for(delay, unit, access, asked(unit, access))
            self._provide_for(delay)
        used = [node for nodes in self._groups.values() for node in nodes if node.conditions is not None]
        return sorted(used, key=lambda node: node.chosen.stage)

    def _expanded(
        self, unit: FieldCandidates, access: CandidatePath
    ) -> Iterator[tuple[FieldCandidates, CandidatePath]]:
        """The unit; where only a part of what it reads is deferred, its parts."""
        field = unit.field
        below = field.selection if field is not None and unit.whole else None
        if field is None or below is None or not self._delays(below):
            yield unit, access
            return
        edge = self._graph.field_edge(self._graph.narrow(access.node, min(unit.types)), field.name)
        if edge is None or edge.head is None or not self._is_alike(unit, access, field, edge.head):
            yield unit, access
            return
        inner = self._below(access, field, unit.types, edge.head)
        everyone = frozenset(below.by_type)
        yield FieldCandidates(inner.response, everyone, None, (inner,)), inner
        possible = inner.types if inner.typed else everyone
        grouped: dict[int, tuple[NormalizedField, set[str]]] = {}
        for type_name, fields in below.by_type.items():
            if type_name in possible:
                for item in fields:
                    grouped.setdefault(id(item), (item, set()))[1].add(type_name)
        for item, types in grouped.values():
            part = FieldCandidates(
                inner.response, frozenset(types), item, (inner,), whole=item.selection is not None
            )
            yield from self._expanded(part, inner)

    def _is_alike(
        self, unit: FieldCandidates, access: CandidatePath, field: NormalizedField, head: Node
    ) -> bool:
        """Whether the field leads to the same on all of the unit's types."""
        edges = (
            self._graph.field_edge(self._graph.narrow(access.node, name), field.name) for name in unit.types
        )
        return all(edge is not None and edge.head == head for edge in edges)

    def _delays(self, selection: NormalizedSelection) -> bool:
        """Whether some fragment inside the selection is deferred."""
        known = self._delaying.get(id(selection))
        if known is None:
            known = any(
                delayed(item.shown or ALWAYS) or (item.selection is not None and self._delays(item.selection))
                for fields in selection.by_type.values()
                for item in fields
            )
            self._delaying[id(selection)] = known
        return known

    def _below(
        self, access: CandidatePath, field: NormalizedField, types: frozenset[str], head: Node
    ) -> CandidatePath:
        return CandidatePath(
            response=access.response.child(field.source),
            node=head,
            fetch=access.fetch,
            types=self._graph.possible_types(head),
            typed=self._graph.knows_types(head),
            origin=FieldOrigin(access, field, types),
        )

    def _read_for(
        self, delay: Conditions, unit: FieldCandidates, access: CandidatePath, conditions: Conditions
    ) -> None:
        """Read what the client asks for, in the group of fetches it belongs to."""
        if access.origin is None:
            self._read(self._node(access.fetch.identity, delay), unit, access, conditions)
            return
        node = self._lands_in(access, delay, conditions)
        if node.delay != delay and unit.field is not None and unit.field.name != TYPENAME:
            again = self._asked_again(node, unit, access, delay)
            if again is not None:
                node, access = again
        self._read(node, unit, access, conditions)

    def _provide_for(self, delay: Conditions) -> None:
        """Read what the group's fetches need, the last ones first."""
        done: set[int] = set()
        while True:
            open_ = [
                node
                for nodes in self._groups.values()
                for node in nodes
                if node.delay == delay and node.conditions is not None and id(node) not in done
            ]
            if not open_:
                return
            node = max(open_, key=lambda each: each.chosen.stage)
            done.add(id(node))
            conditions = node.conditions if node.conditions is not None else ALWAYS
            for unit, access in node.chosen.inputs:
                self._provide(node, self._lands_in(access, delay, conditions), unit, access, conditions)

    def _lands_in(self, access: CandidatePath, delay: Conditions, conditions: Conditions) -> FetchNode:
        """Where something of the object is read for a group: where the object comes from, if it comes earlier
        and need not be fetched more often for that.
        """
        identity = access.fetch.identity
        least = _least_delay(access)
        for node in self._groups.get(identity, ()):
            if node.conditions is None or not implies(delay, node.delay) or not implies(node.delay, least):
                continue
            if access.origin is not None or widened(node.conditions, conditions) == node.conditions:
                return node
        return self._node(identity, delay)

    def _node(self, identity: FetchIdentity, delay: Conditions) -> FetchNode:
        nodes = self._groups.setdefault(identity, [])
        for node in nodes:
            if node.delay == delay:
                return node
        chosen = self._chosen[identity]
        made = FetchNode(chosen, SelectionTree(chosen.candidate.node), delay=delay)
        nodes.append(made)
        return made

    def _asked_again(
        self, node: FetchNode, unit: FieldCandidates, access: CandidatePath, delay: Conditions
    ) -> tuple[FetchNode, CandidatePath] | None:
        """The entity around a deferred field, fetched once more where it came from; None if it is none."""
        steps: list[CandidatePath] = []
        entity = access
        while not implies(node.delay, entity.response.deferral()):
            if entity.origin is None:
                return None
            steps.append(entity)
            entity = entity.origin.parent
        if entity.origin is None:
            return None
        first = steps[-1].origin if steps else None
        types = first.types if first is not None else unit.types
        name = first.field.name if first is not None else unit.field.name if unit.field is not None else ""
        point = self._point(node, entity, types & entity.types, name, delay)
        if point is None:
            return None
        current = CandidatePath(entity.response, point.node, point, point.types, typed=True)
        for step in reversed(steps):
            assert step.origin is not None
            origin = FieldOrigin(current, step.origin.field, step.origin.types)
            current = CandidatePath(
                step.response, step.node, point, step.types, step.typed, origin, step.hides_typename
            )
        return self._groups[point.identity][0], current

    def _point(
        self, node: FetchNode, entity: CandidatePath, types: frozenset[str], name: str, delay: Conditions
    ) -> CandidateFetch | None:
        if len(types) != 1 or not entity.typed:
            return None
        (type_name,) = types
        own = Node(type_name, entity.node.subgraph)
        was = self._graph.field_edge(self._graph.narrow(entity.node, type_name), name)
        now = self._graph.field_edge(own, name)
        path = self._path(entity)
        if was is None or now is None or now.head != was.head or now.is_conditional or path is None:
            return None
        if self._graph.is_abstract(entity.node.type_name):
            path = (*path, TypeCondition(types))
        identity: FetchIdentity = ("again", path, own, delay)
        known = self._groups.get(identity)
        if known:
            return known[0].point
        entry = self._return(entity, own, types)
        if entry is None:
            return None
        stage = node.chosen.stage + 1
        point = CandidateFetch(identity, own, entity.response, path, types, stage, [entry])
        providers = tuple((unit, entity) for unit in entry.inputs)
        chosen = ChosenFetch(point, stage, entry, providers)
        self._chosen[identity] = chosen
        self._groups[identity] = [FetchNode(chosen, SelectionTree(own), delay=delay)]
        return point

    def _return(self, entity: CandidatePath, own: Node, types: frozenset[str]) -> FetchEntry | None:
        """The way back into the entity's own subgraph, by a key that is read where the entity is."""
        for edge in self._graph.query_graph.entity_edges(own.type_name):
            if edge.head == own:
                units = self._key_units(entity, edge, types)
                if units is not None:
                    return FetchEntry(units, edge, entity.response.field_set(types, edge.key.selection))
        return None

    def _key_units(
        self, entity: CandidatePath, edge: EntityEdge, types: frozenset[str]
    ) -> tuple[FieldCandidates, ...] | None:
        key = entity.response.field_set(types, edge.key.selection)
        node = self._graph.narrow(entity.node, edge.head.type_name)
        if not self._graph.can_read_selection(node, key, strict=True):
            return None
        return tuple(
            FieldCandidates(entity.response, types, item, (entity,), whole=item.selection is not None)
            for fields in key.by_type.values()
            for item in fields
        )

    def _path(self, access: CandidatePath) -> Path | None:
        """Where the object stands in the collected data."""
        elements: list[PathElement] = []
        current = access
        while current.origin is not None:
            parent, field, types = current.origin.parent, current.origin.field, current.origin.types
            edge = self._graph.field_edge(self._graph.narrow(parent.node, min(types)), field.name)
            if edge is None or not parent.typed:
                return None
            elements[:0] = (field.source, *(Each.ITEM,) * edge.type.count("["))
            if self._graph.is_abstract(parent.node.type_name):
                elements.insert(0, TypeCondition(types))
            current = parent
        return (*access.fetch.path, *elements)


def _delay(unit: FieldCandidates) -> Conditions:
    """Which deferred fragments bring what the unit reads; `ALWAYS` when it is asked for at once."""
    if unit.field is None or unit.field.type is None:
        return unit.response.deferral()
    return both(unit.response.deferral(), delayed(unit.field.shown or ALWAYS)) or ALWAYS


def _least_delay(access: CandidatePath) -> Conditions:
    """Of the field of the fetched object by which the access is had."""
    if access.origin is None:
        return ALWAYS
    origin = access.origin
    while origin.parent.origin is not None:
        origin = origin.parent.origin
    if origin.field.type is None:
        return ALWAYS
    return both(origin.parent.response.deferral(), delayed(origin.field.shown or ALWAYS)) or ALWAYS


def _strength(delay: Conditions) -> tuple[int, int, Conditions]:
    """Sorts weaker conditions before those that imply them."""
    return (min(map(len, delay), default=0), -len(delay), delay)
