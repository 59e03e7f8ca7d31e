"""Candidate paths by further fetches: an entity is fetched from another subgraph by a key that can be read.

Owns the search for them, in rounds. A key may use only what earlier rounds made readable, so that no fetch
ever waits for itself:

    A: type Item @key(fields: "id")      B: type Item @key(fields: "id") @key(fields: "sku")
    C: type Item @key(fields: "sku")

An object from A can be fetched from B in the first round (A reads `id`), from C in the second (B reads
`sku`).
"""

from __future__ import annotations

from marquee_router.planning.candidates.candidate import (
    CandidateFetch,
    CandidatePath,
    FetchEntry,
    FetchIdentity,
    FieldCandidates,
)
from marquee_router.planning.candidates.context_value import ContextValue
from marquee_router.planning.candidates.field_sets import FieldSets
from marquee_router.planning.candidates.search_position import SearchContext, SearchPosition, Unreachable
from marquee_schema.field_set import FieldSet
from marquee_schema.query_graph import EntityEdge, Node


class EntityFetches:
    """Finds, and remembers, the fetches that can be made from the positions of one search."""

    def __init__(self, context: SearchContext, field_sets: FieldSets) -> None:
        self._context = context
        self._graph = context.graph
        self._field_sets = field_sets
        self._reachable: dict[SearchPosition, tuple[CandidatePath, ...]] = {}
        self._known: dict[FetchIdentity, CandidateFetch] = {}

    def reachable_paths(self, position: SearchPosition) -> tuple[CandidatePath, ...]:
        """The arrivals, then every path by a further fetch from them, the nearest first."""
        if not position.may_fetch_entities:
            return position.arrivals
        found = self._reachable.get(position)
        if found is None:
            found = (*position.arrivals, *self._root_fetches(position), *self._entity_fetches(position))
            self._reachable[position] = found
        return found

    def entry(self, position: SearchPosition, edge: EntityEdge) -> FetchEntry | None:
        """The way into a subgraph by one key; None if the key cannot be read at the position."""
        key = self._field_sets.selection(position, edge.key.selection, edge.head.subgraph)
        read = self._field_sets.read(position, key, frozenset())
        return None if isinstance(read, Unreachable) else FetchEntry(tuple(read), edge, key)

    def fetch(
        self,
        position: SearchPosition,
        head: Node,
        entries: list[FetchEntry],
        requires: FieldSet = (),
        contexts: tuple[ContextValue, ...] = (),
    ) -> CandidatePath:
        """The path by a fetch from `head`'s subgraph that can be entered by any of `entries`."""
        stage = 1 + min(max(map(_stage, entry.inputs), default=0) for entry in entries)
        made = CandidateFetch(
            identity=(position.path, position.types, head, requires, tuple(value.key for value in contexts)),
            node=head,
            response=position.response,
            path=position.path,
            types=position.types,
            stage=stage,
            entries=entries,
            requires=requires,
            contexts=contexts,
        )
        knows_types = self._graph.knows_types(head)
        return CandidatePath(
            response=position.response,
            node=head,
            # Equal fetches are found from many fields; all of them share the first, so that it is one choice.
            fetch=self._known.setdefault(made.identity, made),
            types=position.types & self._graph.possible_types(head) if knows_types else position.types,
            typed=knows_types or not self._graph.is_abstract(position.subject),
        )

    def _root_fetches(self, position: SearchPosition) -> list[CandidatePath]:
        """A field that returns `Query` reaches the root fields of every subgraph, without any key."""
        if not position.path:
            return []
        here = {path.node.subgraph for path in position.arrivals}
        existence = FieldCandidates(position.response, position.types, None, position.arrivals)
        edges = self._graph.query_graph.root_edges(Node(position.subject, position.arrivals[0].node.subgraph))
        heads = [edge.head for edge in edges if edge.head.subgraph not in here]
        return [self.fetch(position, head, [FetchEntry((existence,))]) for head in heads]

    def _entity_fetches(self, position: SearchPosition) -> list[CandidatePath]:
        arrivals = position.arrivals
        earliest = min(path.stage for path in arrivals)
        # A subgraph that has the objects already, in the first step possible, is not fetched from again.
        nearest = {path.node.subgraph for path in arrivals if path.typed and path.stage == earliest}
        edges = self._graph.query_graph.entity_edges(position.subject)
        pending = [edge for edge in edges if edge.head.subgraph not in nearest]
        found: list[CandidatePath] = []
        while pending:
            self._context.budget.charge(len(pending))
            readable = self._context.narrow(
                position, position.subject, position.types, (*arrivals, *found), may_fetch_entities=False
            )
            entered: dict[Node, list[FetchEntry]] = {}
            for edge in pending:
                entry = self.entry(readable, edge)
                if entry is not None:
                    entered.setdefault(edge.head, []).append(entry)
            if not entered:
                break  # no key of the others can be read
            paths = [self.fetch(position, head, entries) for head, entries in entered.items()]
            found.extend(path for path in paths if _is_no_later(path, arrivals))
            pending = [edge for edge in pending if edge.head not in entered]
        return found


def _is_no_later(path: CandidatePath, arrivals: tuple[CandidatePath, ...]) -> bool:
    """False if the subgraph has the object already, in an earlier step: fetching it again is of no use."""
    return all(
        path.stage <= arrival.stage
        for arrival in arrivals
        if arrival.node.subgraph == path.node.subgraph and arrival.typed == path.typed
    )


def _stage(candidates: FieldCandidates) -> int:
    """The earliest serial step in which the field is read."""
    return min(path.stage for path in candidates.paths)
