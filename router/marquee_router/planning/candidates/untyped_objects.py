"""Objects that arrive only from an `@interfaceObject`: no subgraph that has them can resolve `__typename`.

Owns the question which fields can be read without concrete types. For the others a subgraph that defines the
interface is asked first, by a key of the interface:

    A: interface Media @key(fields: "id") { id: ID! title: String }
    B: type Media @key(fields: "id") @interfaceObject { id: ID! rating: Int }   type Query { top: Media }

`{ top { rating } }` is answered by B alone; `{ top { title } }` asks A with `__typename: "Media"`.
"""

from __future__ import annotations

from dataclasses import dataclass

from marquee_router.planning.candidates.candidate import CandidatePath, FieldCandidates
from marquee_router.planning.candidates.concrete_types import ConcreteTypes
from marquee_router.planning.candidates.search_position import (
    CandidateReader,
    RequestedField,
    Resolving,
    SearchContext,
    SearchPosition,
    Unreachable,
    response_keys,
)
from marquee_router.planning.conditions import ALWAYS, any_of
from marquee_router.planning.operation import NormalizedSelection
from marquee_router.planning.source_keys import TYPENAME


@dataclass(frozen=True, slots=True)
class UntypedRead:
    """What can be read without concrete types, and what remains to be read on `typed` paths."""

    found: list[FieldCandidates]
    remaining: list[RequestedField]
    typed: tuple[CandidatePath, ...]
    """Paths by which a subgraph that defines the interface resolves the types; empty if nothing remains."""


class UntypedObjects:
    """Reads selection sets of such objects."""

    def __init__(
        self, context: SearchContext, concrete_types: ConcreteTypes, reader: CandidateReader
    ) -> None:
        self._context = context
        self._concrete_types = concrete_types
        self._reader = reader

    def read(
        self,
        position: SearchPosition,
        selection: NormalizedSelection,
        requested: list[RequestedField],
        resolving: Resolving,
    ) -> UntypedRead | Unreachable:
        """What is read without types, and what must wait for them."""
        untyped = self._context.narrow(
            position, interface_of(position.arrivals), position.types, position.arrivals
        )
        selected = position.types & selection.by_type.keys()
        split = self._split(untyped, selection, requested, resolving)
        remaining = split.remaining
        needing = [item for item in requested if item.types != selected or item.field.name == TYPENAME]
        needing.extend(item for item in remaining if item not in needing)
        if not needing:
            return UntypedRead(split.found, [], ())
        typed = tuple(path for path in self._reader.reachable_paths(untyped) if path.typed)
        if not typed:
            reason = f'No subgraph can tell the type of "{untyped.subject}" here'
            return Unreachable(reason, response_keys(position.path))
        # What could null other objects is read without types only if there is no other way.
        for item, candidates in split.doubtful:
            if self._concrete_types.can_read(position, typed, item, resolving):
                remaining.append(item)
            else:
                split.found.extend(candidates)
        # Types are resolved only when a field is read that needs them: `... on Book @include(if: $x)`.
        conditions = any_of(item.field.conditions for item in needing)
        types_known = FieldCandidates(
            position.response, position.types, None, typed, conditions=conditions or ALWAYS
        )
        return UntypedRead([*split.found, types_known], remaining, typed)

    def _split(
        self,
        untyped: SearchPosition,
        selection: NormalizedSelection,
        requested: list[RequestedField],
        resolving: Resolving,
    ) -> _Split:
        """Each field: readable without types, only with them, or better with them if that is possible."""
        selected = untyped.types & selection.by_type.keys()
        split = _Split([], [], [])
        for item in requested:
            if item.field.name == TYPENAME:
                split.remaining.append(item)
                continue
            read = self._reader.read_field(untyped, item.field, resolving)
            on_all_types = item.types == selected
            if isinstance(read, Unreachable):
                split.remaining.append(item)
            elif not on_all_types and all(path.typed for each in read for path in each.paths):
                # The fetch that resolves the types reads the field too, and on the requested types only.
                split.remaining.append(item)
            elif not on_all_types and self._concrete_types.must_be_known(selection, item, selected):
                split.doubtful.append((item, read))
            else:
                split.found.extend(read)
        return split


@dataclass(frozen=True, slots=True)
class _Split:
    found: list[FieldCandidates]
    remaining: list[RequestedField]
    doubtful: list[tuple[RequestedField, list[FieldCandidates]]]
    """Readable without types, with the risk of a null in objects of other types."""


def interface_of(arrivals: tuple[CandidatePath, ...]) -> str:
    """The interface as which the objects are known where their concrete types are not."""
    return next(path.node.type_name for path in arrivals if not path.typed)
