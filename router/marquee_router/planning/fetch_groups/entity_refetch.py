"""An entity is fetched once more, from the subgraph it came from, for a deferred fragment alone.

Owns the finding of such fetches: in `{ user { name ... @defer { history } } }` a slow `history` would hold up
the first answer, although one subgraph resolves both. Where `User` has a key there, `history` is read by it.
"""

from __future__ import annotations

from typing import NamedTuple

from marquee_router.planning.active_graph import ActiveGraph
from marquee_router.planning.candidates.candidate import (
    CandidateFetch,
    CandidatePath,
    FetchEntry,
    FetchIdentity,
    FieldCandidates,
    FieldOrigin,
)
from marquee_router.planning.choice.chosen_fetches import ChosenFetch, ChosenRead
from marquee_router.planning.deferral import implies
from marquee_router.planning.fetch_groups.fetch_node import FetchNode
from marquee_router.planning.plan import Conditions, Each, Path, PathElement, TypeCondition
from marquee_schema.query_graph import EntityEdge, Node


class Refetch(NamedTuple):
    """The further fetch, and the path on which a deferred field is read by it."""

    chosen: ChosenFetch
    path: CandidatePath


class EntityRefetch:
    """Finds, and remembers, the further fetches of one operation."""

    def __init__(self, graph: ActiveGraph) -> None:
        self._graph = graph
        self._known: dict[FetchIdentity, ChosenFetch] = {}

    def find(self, node: FetchNode, read: ChosenRead, deferral: Conditions) -> Refetch | None:
        """The further fetch for a field that `node` would read before its fragment asks for it.

        None if the field does not stand in an entity that has a key there.
        """
        steps: list[CandidatePath] = []
        entity = read.path
        while not implies(node.deferral, entity.response.deferral()):
            if entity.origin is None:
                return None
            steps.append(entity)
            entity = entity.origin.parent
        if entity.origin is None:
            return None
        first = steps[-1].origin if steps else None
        field = first.field if first is not None else read.candidates.field
        types = first.types if first is not None else read.candidates.types
        name = field.name if field is not None else ""
        chosen = self._fetch(node, entity, types & entity.types, name, deferral)
        if chosen is None:
            return None
        fetch = chosen.candidate
        path = CandidatePath(entity.response, fetch.node, fetch, fetch.types, typed=True)
        for step in reversed(steps):
            assert step.origin is not None
            origin = FieldOrigin(path, step.origin.field, step.origin.types)
            path = CandidatePath(
                step.response, step.node, fetch, step.types, step.typed, origin, step.hides_typename
            )
        return Refetch(chosen, path)

    def _fetch(
        self, node: FetchNode, entity: CandidatePath, types: frozenset[str], name: str, deferral: Conditions
    ) -> ChosenFetch | None:
        if len(types) != 1 or not entity.typed:
            return None
        (type_name,) = types
        own = Node(type_name, entity.node.subgraph)
        path = self._response_path(entity)
        if path is None or not self._is_same_field(entity, own, name):
            return None
        if self._graph.is_abstract(entity.node.type_name):
            path = (*path, TypeCondition(types))
        identity: FetchIdentity = ("again", path, own, deferral)
        if identity in self._known:
            return self._known[identity]
        entry = self._entry(entity, own, types)
        if entry is None:
            return None
        stage = node.chosen.stage + 1
        candidate = CandidateFetch(identity, own, entity.response, path, types, stage, [entry])
        inputs = tuple(ChosenRead(candidates, entity) for candidates in entry.inputs)
        self._known[identity] = ChosenFetch(candidate, stage, entry, inputs)
        return self._known[identity]

    def _is_same_field(self, entity: CandidatePath, own: Node, name: str) -> bool:
        """True if the field leads to the same by a key as it does where the entity is now.

        Not so below a `@provides`, where more can be read than of an entity that is fetched by its key.
        """
        before = self._graph.field_edge(self._graph.narrow(entity.node, own.type_name), name)
        after = self._graph.field_edge(own, name)
        if before is None or after is None:
            return False
        return before.head == after.head and not after.is_conditional

    def _entry(self, entity: CandidatePath, own: Node, types: frozenset[str]) -> FetchEntry | None:
        """The way back into the entity's own subgraph, by a key that is read where the entity is."""
        for edge in self._graph.query_graph.entity_edges(own.type_name):
            if edge.head == own:
                inputs = self._key_inputs(entity, edge, types)
                if inputs is not None:
                    return FetchEntry(inputs, edge, entity.response.field_set(types, edge.key.selection))
        return None

    def _key_inputs(
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

    def _response_path(self, path: CandidatePath) -> Path | None:
        """The response path at which a candidate path ends; None below objects of unknown types."""
        elements: list[PathElement] = []
        current = path
        while current.origin is not None:
            parent, field, types = current.origin.parent, current.origin.field, current.origin.types
            edge = self._graph.field_edge(self._graph.narrow(parent.node, min(types)), field.name)
            if edge is None or not parent.typed:
                return None
            elements[:0] = (field.source, *(Each.ITEM,) * edge.type.count("["))
            if self._graph.is_abstract(parent.node.type_name):
                elements.insert(0, TypeCondition(types))
            current = parent
        return (*path.fetch.path, *elements)
