"""The candidates of one field: read directly, after an entity fetch, or with what it requires.

Owns the order of preference. What a subgraph answers together with the parent object costs nothing more, so
other ways are looked for only where no such subgraph answers the field with all that is selected below it.
"""

from __future__ import annotations

from marquee_router.planning.candidates.candidate import (
    CandidatePath,
    FieldCandidates,
    FieldOrigin,
    path_below,
)
from marquee_router.planning.candidates.field_sets import FieldSets
from marquee_router.planning.candidates.requirements import Requirements
from marquee_router.planning.candidates.search_position import (
    CandidateReader,
    Candidates,
    FieldRead,
    Resolving,
    SearchContext,
    SearchPosition,
    Unreachable,
    response_keys,
)
from marquee_router.planning.operation import NormalizedField, NormalizedSelection
from marquee_router.planning.plan import Each, Path
from marquee_schema.query_graph import FieldEdge


class Fields:
    """Reads fields of one search."""

    def __init__(
        self,
        context: SearchContext,
        requirements: Requirements,
        field_sets: FieldSets,
        reader: CandidateReader,
    ) -> None:
        self._context = context
        self._graph = context.graph
        self._requirements = requirements
        self._field_sets = field_sets
        self._reader = reader

    def read(self, position: SearchPosition, field: NormalizedField, resolving: Resolving) -> Candidates:
        """The candidates of a field and of all that is selected below it."""
        self._context.budget.charge(len(position.arrivals))
        selection = field.selection
        direct = self._unconditional(position, position.arrivals, field.name)
        earliest = min(path.stage for path in position.arrivals)
        nearest = [read for read in direct if read.path.stage == earliest]
        complete = nearest if selection is None else self._complete(nearest, selection)
        if complete and (
            selection is None or len(complete) == len(nearest) or self._is_any_untyped(complete)
        ):
            return [self._candidates(position, field, complete)]
        if complete:
            # Other subgraphs answer the field, but only parts of what is below it. They may do so together,
            # by fetches that are made anyway: their paths stay candidates beside those that answer all of it.
            reads = [*complete, *(read for read in nearest if read not in complete)]
        else:
            reads = self._all_reads(position, field.name, resolving)
        if not reads:
            return _unreachable(position, field)
        if selection is None:
            return [self._candidates(position, field, reads)]
        below = self._below(position, field, reads, nearest)
        return self._reader.read_selection(below, selection, resolving)

    def _below(
        self,
        position: SearchPosition,
        field: NormalizedField,
        reads: list[FieldRead],
        nearest: list[FieldRead],
    ) -> SearchPosition:
        """The position of the field's values, which arrive by each of `reads`."""
        # Subgraphs that share a field agree on its list levels: `[[Seat]]` has two.
        list_levels = reads[0].edge.type.count("[")
        path: Path = (*position.path, field.source, *(Each.ITEM,) * list_levels)
        arrivals = tuple(
            path_below(FieldOrigin(read.path, field, position.types), read.edge.head, self._graph)
            for read in reads
            if read.edge.head
        )
        # They agree on its value as well: the types that the nearest can return are all that arrive.
        types = [self._graph.possible_types(read.edge.head) for read in nearest or reads if read.edge.head]
        return SearchPosition(
            position.response.child(field.source),
            path,
            subject=arrivals[0].node.type_name if arrivals else "",
            types=frozenset[str]().union(*types),
            arrivals=arrivals,
            parent=position,
        )

    def _all_reads(self, position: SearchPosition, name: str, resolving: Resolving) -> list[FieldRead]:
        """Every way to read a field: at once, after an entity fetch, or by one that sends its requirement."""
        found = self._unconditional(position, self._reader.reachable_paths(position), name)
        if position.may_fetch_entities:
            found.extend(self._requirements.reads(position, name, resolving))
        return found

    def _unconditional(
        self, position: SearchPosition, paths: tuple[CandidatePath, ...], name: str
    ) -> list[FieldRead]:
        """Those of the paths on which the field can be read without anything else."""
        found: list[FieldRead] = []
        for path in paths:
            edge = self._graph.field_edge(self._graph.narrow(path.node, position.subject), name)
            if edge is None:
                continue
            if not edge.is_conditional or self._is_requirement_provided(position, path, edge):
                found.append(FieldRead(path, edge))
        return found

    def _is_requirement_provided(
        self, position: SearchPosition, path: CandidatePath, edge: FieldEdge
    ) -> bool:
        """True if the field requires only what its own subgraph provides there.

        With `cost: Int @requires(fields: "weight")` and a parent field `@provides(fields: "weight")`, the
        subgraph has the weight already.
        """
        if edge.context_arguments:
            return False
        required = self._field_sets.selection(position, edge.requires)
        node = self._graph.narrow(path.node, position.subject)
        return path.origin is not None and self._graph.can_read_selection(node, required, strict=False)

    def _complete(self, reads: list[FieldRead], selection: NormalizedSelection) -> list[FieldRead]:
        """Those that answer all below the field: for all types if any does, else for the types they know."""
        for strict in (True, False):
            found = [
                read
                for read in reads
                if read.edge.head and self._graph.can_read_selection(read.edge.head, selection, strict=strict)
            ]
            if found:
                return found
        return []

    def _is_any_untyped(self, reads: list[FieldRead]) -> bool:
        """True if an `@interfaceObject` answers all: then no fetch need resolve concrete types."""
        return any(
            read.edge.head is not None and not self._graph.knows_types(read.edge.head) for read in reads
        )

    def _candidates(
        self, position: SearchPosition, field: NormalizedField, reads: list[FieldRead]
    ) -> FieldCandidates:
        """The field with all below it, on the paths of `reads`."""
        paths = tuple(read.path for read in reads)
        return FieldCandidates(
            position.response, position.types, field, paths, whole=field.selection is not None
        )


def _unreachable(position: SearchPosition, field: NormalizedField) -> Unreachable:
    keys = (*response_keys(position.path), field.response_key)
    return Unreachable(f'No subgraph can answer "{position.subject}.{field.name}" at {".".join(keys)}', keys)
