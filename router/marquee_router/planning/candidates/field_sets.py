"""The candidates of field sets: of a key, of what `@requires` names, of what fills a context.

Owns the form in which a field set is read at a position. Its fields are then read as the client's are.
"""

from __future__ import annotations

from marquee_router.planning.candidates.candidate import FieldCandidates
from marquee_router.planning.candidates.search_position import (
    CandidateReader,
    Candidates,
    Resolving,
    SearchContext,
    SearchPosition,
    Unreachable,
)
from marquee_router.planning.operation import NormalizedSelection
from marquee_router.planning.response_tree import PER_TYPE, SAME_KEYS, FieldSetForm
from marquee_schema.field_set import FieldSet


class FieldSets:
    """Reads field sets of one search."""

    def __init__(self, context: SearchContext, reader: CandidateReader) -> None:
        self._context = context
        self._reader = reader

    def selection(
        self, position: SearchPosition, field_set: FieldSet, sent_to: str | None = None
    ) -> NormalizedSelection:
        """The field set as a selection set on the objects of a position; `sent_to` is a subgraph's name."""
        same_keys = self._context.graph.is_abstract(position.subject)  # then concrete types are not known
        form = SAME_KEYS if same_keys else PER_TYPE
        if self._context.graph.may_meet_interface_objects(field_set):
            form = FieldSetForm(same_keys=same_keys, sent_to=sent_to)
        return position.response.field_set(position.types, field_set, form)

    def read(
        self, position: SearchPosition, selection: NormalizedSelection, resolving: Resolving
    ) -> Candidates:
        """The candidates of a field set that was made for the position.

        Types for which different fields are read are looked up apart, as with
        `@requires(fields: "... on Book { pages } ... on Film { minutes }")`.
        """
        found: list[FieldCandidates] = []
        for field, types in selection.fields():
            narrowed = position
            if types != position.types and position.types:
                arrivals = self._reader.reachable_paths(position)
                narrowed = self._context.narrow(position, min(types), types, arrivals)
            read = self._reader.read_field(narrowed, field, resolving)
            if isinstance(read, Unreachable):
                return read
            found.extend(read)
        return found
