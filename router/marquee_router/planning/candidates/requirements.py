"""Fields with `@requires` or `@fromContext` arguments: read by an entity fetch that sends what they need.

Owns such fetches: each has the requirement in its identity, as other fields of the entity must not wait for
it. What is required is read first, by any candidate path; `entity_fetches` then makes the fetch.

    A: type Item @key(fields: "id") { id: ID! weight: Int }
    B: type Item @key(fields: "id") { id: ID! weight: Int @external cost: Int @requires(fields: "weight") }

`{ item { cost } }` from B: fetch `weight` from A by `id`, then `cost` from B by `id`, with `weight` beside
it.
"""

from __future__ import annotations

from marquee_router.planning.active_graph import ActiveGraph
from marquee_router.planning.candidates.candidate import CandidatePath, FetchEntry
from marquee_router.planning.candidates.contexts import Contexts
from marquee_router.planning.candidates.entity_fetches import EntityFetches
from marquee_router.planning.candidates.field_sets import FieldSets
from marquee_router.planning.candidates.search_position import (
    FieldRead,
    Resolving,
    SearchPosition,
    Unreachable,
)
from marquee_schema.query_graph import EntityEdge, FieldEdge, Node


class Requirements:
    """Finds the entity fetches that fields with requirements take, in one search."""

    def __init__(self, graph: ActiveGraph, entity_fetches: EntityFetches, field_sets: FieldSets) -> None:
        self._graph = graph
        self._entity_fetches = entity_fetches
        self._field_sets = field_sets
        self._contexts = Contexts(graph, field_sets)
        self._keys: dict[SearchPosition, dict[Node, list[EntityEdge]]] = {}

    def reads(self, position: SearchPosition, name: str, resolving: Resolving) -> list[FieldRead]:
        """The ways to read a field by fetches that send what it requires; empty if it requires nothing."""
        found: list[FieldRead] = []
        for head, keys in self._entity_keys(position).items():
            edge = self._graph.field_edge(head, name)
            mark = (id(position.response), position.types, head, name)
            if edge is not None and edge.is_conditional and mark not in resolving:
                path = self._path(position, keys, edge, resolving | {mark})
                if path is not None:
                    found.append(FieldRead(path, edge))
        return found

    def _entity_keys(self, position: SearchPosition) -> dict[Node, list[EntityEdge]]:
        """Keys by which the object can be fetched, for each subgraph.

        A subgraph that the object comes from must take it back by whatever key it declares, even one with
        `resolvable: false`.
        """
        if position in self._keys:
            return self._keys[position]
        found: dict[Node, list[EntityEdge]] = {}
        for edge in self._graph.query_graph.entity_edges(position.subject):
            found.setdefault(edge.head, []).append(edge)
        for path in position.arrivals:
            for node in self._graph.query_graph.nodes_of(position.subject, path.node.subgraph):
                if node not in found:
                    found[node] = list(self._graph.query_graph.return_edges(node))
        self._keys[position] = found
        return found

    def _path(
        self, position: SearchPosition, keys: list[EntityEdge], edge: FieldEdge, resolving: Resolving
    ) -> CandidatePath | None:
        """The path by the fetch that sends what the field requires; None if that cannot be read."""
        head = edge.tail
        required = self._field_sets.selection(position, edge.requires, head.subgraph)
        needed = self._field_sets.read(position, required, resolving)
        if isinstance(needed, Unreachable):
            return None
        contexts = self._contexts.read(position, edge.context_arguments, resolving)
        if isinstance(contexts, Unreachable):
            return None
        entries: list[FetchEntry] = []
        for key_edge in keys:
            key = self._field_sets.selection(position, key_edge.key.selection, key_edge.head.subgraph)
            read = self._field_sets.read(position, key, resolving)
            if not isinstance(read, Unreachable):
                # The fetch waits for its key and for all that is required; the choice sees all as its inputs.
                inputs = (*read, *needed, *contexts.candidates)
                entries.append(FetchEntry(inputs, key_edge, key, required))
        if not entries:
            return None
        return self._entity_fetches.fetch(position, head, entries, edge.requires, contexts.values)
