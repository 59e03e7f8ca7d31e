"""Tests whether a field should wait until the concrete types of its objects are known.

An `@interfaceObject` can read a field of all objects at once, without a type condition. That is not always
right: the field may be selected on some of the types only.
"""

from __future__ import annotations

from marquee_router.planning.candidates.candidate import CandidatePath
from marquee_router.planning.candidates.null_propagation import may_null_parent
from marquee_router.planning.candidates.search_position import (
    CandidateReader,
    RequestedField,
    Resolving,
    SearchContext,
    SearchPosition,
    Unreachable,
)
from marquee_router.planning.candidates.type_groups import TypeGroups
from marquee_router.planning.operation import NormalizedSelection


class ConcreteTypes:
    """Tests fields of objects whose types another fetch resolves."""

    def __init__(self, context: SearchContext, groups: TypeGroups, reader: CandidateReader) -> None:
        self._context = context
        self._groups = groups
        self._reader = reader

    def can_read(
        self,
        position: SearchPosition,
        typed: tuple[CandidatePath, ...],
        requested: RequestedField,
        resolving: Resolving,
    ) -> bool:
        """True if the field can be read from where the types are known, on exactly the requested types."""
        field, types = requested
        for group in self._groups.split(types, field.name, typed):
            narrowed = self._context.narrow(position, min(group), group, typed, typed_path=True)
            if isinstance(self._reader.read_field(narrowed, field, resolving), Unreachable):
                return False
        return True

    def must_be_known(
        self, selection: NormalizedSelection, requested: RequestedField, types: frozenset[str]
    ) -> bool:
        """True if reading the field on all of `types` could null what is selected on the other ones.

        In `{ media { id ... on Book { stock } } }` with `stock: Int!`, a subgraph that reads `stock` of a
        `Film` as well may fail there, and the film's `id` would be lost with it.
        """
        field, own = requested
        for name in sorted(types - own):
            others = selection.by_type.get(name, ())
            same_key = next((other for other in others if other.source == field.source), None)
            if may_null_parent(self._context.graph.supergraph, min(own), field, same_key):
                return True
        return False
