"""What the deferred fragments of an operation read. Owns the splitting of reads that are deferred in part."""

from __future__ import annotations

from collections.abc import Iterator

from marquee_router.planning.active_graph import ActiveGraph
from marquee_router.planning.candidates.candidate import (
    CandidatePath,
    FieldCandidates,
    FieldOrigin,
    path_below,
)
from marquee_router.planning.choice.chosen_fetches import ChosenRead
from marquee_router.planning.conditions import ALWAYS, both
from marquee_router.planning.deferral import deferral_of
from marquee_router.planning.operation import NormalizedField, NormalizedSelection
from marquee_router.planning.plan import Conditions
from marquee_schema.query_graph import Node


class DeferredReads:
    """Splits the reads of one operation."""

    def __init__(self, graph: ActiveGraph) -> None:
        self._graph = graph
        self._known: dict[int, bool] = {}

    def split(self, read: ChosenRead) -> Iterator[ChosenRead]:
        """The read; where only a part of what it selects is deferred, its parts.

        `{ user { name ... @defer { address { city } } } }`, all from one subgraph, is one read: it becomes
        the reads of `user`, `name` and `address`.
        """
        candidates, path = read
        field = candidates.field
        below = field.selection if field is not None and candidates.whole else None
        if field is None or below is None or not self._has_deferred(below):
            yield read
            return
        head = self._head(path, field, candidates.types)
        if head is None:
            yield read
            return
        inner = path_below(FieldOrigin(path, field, candidates.types), head, self._graph)
        all_types = frozenset(below.by_type)
        yield ChosenRead(FieldCandidates(inner.response, all_types, None, (inner,)), inner)
        for item, types in below.fields(inner.types if inner.typed else None):
            part = FieldCandidates(inner.response, types, item, (inner,), whole=item.selection is not None)
            yield from self.split(ChosenRead(part, inner))

    def _head(self, path: CandidatePath, field: NormalizedField, types: frozenset[str]) -> Node | None:
        """Where the field leads to in the subgraph; None if that differs between the types."""
        edges = [self._graph.field_edge(self._graph.narrow(path.node, name), field.name) for name in types]
        heads = {edge.head if edge is not None else None for edge in edges}
        return heads.pop() if len(heads) == 1 else None

    def _has_deferred(self, selection: NormalizedSelection) -> bool:
        """True if some fragment inside the selection is deferred."""
        known = self._known.get(id(selection))
        if known is None:
            known = any(
                deferral_of(item.shown or ALWAYS)
                or (item.selection is not None and self._has_deferred(item.selection))
                for fields in selection.by_type.values()
                for item in fields
            )
            self._known[id(selection)] = known
        return known


def deferral_of_read(candidates: FieldCandidates) -> Conditions:
    """The deferred fragments that select what is read; `ALWAYS` when the first answer needs it."""
    response, field = candidates.response, candidates.field
    if field is None or field.type is None:
        return response.deferral()
    return both(response.deferral(), deferral_of(field.shown or ALWAYS)) or ALWAYS


def deferral_of_path(path: CandidatePath) -> Conditions:
    """The deferred fragments that select the first field of the path; `ALWAYS` for the fetched object."""
    if path.origin is None:
        return ALWAYS
    origin = path.origin
    while origin.parent.origin is not None:
        origin = origin.parent.origin
    if origin.field.type is None:
        return ALWAYS
    return both(origin.parent.response.deferral(), deferral_of(origin.field.shown or ALWAYS)) or ALWAYS
