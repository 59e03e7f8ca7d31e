"""The candidates of a selection set: each field, for each group of object types that are looked up alike.

Owns the walk over the fields of a selection set. Objects whose concrete types are not known everywhere are
`untyped_objects` and `partly_typed_objects`; how one field is read is `fields`.
"""

from __future__ import annotations

from marquee_router.planning.candidates.candidate import CandidatePath, FieldCandidates
from marquee_router.planning.candidates.concrete_types import ConcreteTypes
from marquee_router.planning.candidates.partly_typed_objects import PartlyTypedObjects
from marquee_router.planning.candidates.search_position import (
    CandidateReader,
    Candidates,
    RequestedField,
    Resolving,
    SearchContext,
    SearchPosition,
    Unreachable,
)
from marquee_router.planning.candidates.type_groups import TypeGroups
from marquee_router.planning.candidates.untyped_objects import UntypedObjects
from marquee_router.planning.operation import NormalizedField, NormalizedSelection
from marquee_router.planning.source_keys import TYPENAME

_INTROSPECTION = frozenset({"__schema", "__type"})


class SelectionSets:
    """Reads selection sets of one search."""

    def __init__(self, context: SearchContext, reader: CandidateReader) -> None:
        self._context = context
        self._reader = reader
        self._groups = TypeGroups(context)
        concrete_types = ConcreteTypes(context, self._groups, reader)
        self._untyped_objects = UntypedObjects(context, concrete_types, reader)
        self._partly_typed_objects = PartlyTypedObjects(context, concrete_types, reader)
        self._root_types = frozenset(context.graph.supergraph.root_types.values())
        self._held: list[NormalizedSelection] = []
        """Selections are compared by `id`, so that none may be freed while the search runs."""

    def read(
        self, position: SearchPosition, selection: NormalizedSelection, resolving: Resolving
    ) -> Candidates:
        """The candidates of a selection set on all objects of a position.

        Subgraphs that share a field agree on its value. So where the nearest of them cannot return a type,
        no object of that type arrives, and what is selected on it need not be readable.
        """
        self._held.append(selection)
        requested = requested_fields(selection, position.types)
        typed = tuple(path for path in position.arrivals if path.typed)
        is_partly_typed = bool(typed) and len(typed) < len(position.arrivals)
        if is_partly_typed:
            untyped_only = self._partly_typed_objects.read_untyped_only(position, requested, resolving)
            if untyped_only:
                return untyped_only
        found: list[FieldCandidates] = []
        if position.path:
            # The objects themselves must be known although nothing may be read of them: for
            # `{ items { ... on Book { id } } }` the answer has as many items as there are.
            existence = typed or position.arrivals
            found.append(FieldCandidates(position.response, position.types, None, existence))
        if is_partly_typed:
            partly = self._partly_typed_objects.read(position, selection, requested, resolving)
            found.extend(partly.found)
            requested = partly.remaining
        elif position.arrivals and not typed:
            untyped = self._untyped_objects.read(position, selection, requested, resolving)
            if isinstance(untyped, Unreachable):
                return untyped
            found.extend(untyped.found)
            requested, typed = untyped.remaining, untyped.typed
        below = self._read_typed(position, requested, typed, resolving)
        if isinstance(below, Unreachable):
            return below
        found.extend(below)
        return found

    def _read_typed(
        self,
        position: SearchPosition,
        requested: list[RequestedField],
        typed: tuple[CandidatePath, ...],
        resolving: Resolving,
    ) -> Candidates:
        """The candidates of fields on objects whose concrete types are known on `typed` paths."""
        is_untyped = not any(path.typed for path in position.arrivals)
        narrowed: dict[frozenset[str], SearchPosition] = {}
        found: list[FieldCandidates] = []
        for field, types in requested:
            if field.name == TYPENAME:
                found.extend(self._typename(position, field, types, typed))
                continue
            if field.name in _INTROSPECTION:
                continue
            for group in self._groups.split(types, field.name, typed):
                arrivals = tuple(path for path in typed if group <= path.types)
                if not arrivals:
                    continue  # no subgraph that is asked here can return these types
                if group not in narrowed:
                    typed_path = is_untyped or group != position.types
                    narrowed[group] = self._context.narrow(
                        position, min(group), group, arrivals, typed_path=typed_path
                    )
                read = self._reader.read_field(narrowed[group], field, resolving)
                if not isinstance(read, Unreachable):
                    found.extend(read)
                elif len(arrivals) == len(typed):
                    return read
                # Else some subgraph that shares the parent field cannot return these types. As all that share
                # it agree on its value, such an object never arrives, and nothing need be read of it.
        return found

    def _typename(
        self,
        position: SearchPosition,
        field: NormalizedField,
        types: frozenset[str],
        typed: tuple[CandidatePath, ...],
    ) -> list[FieldCandidates]:
        """The candidates of `__typename`.

        None for root types: their names are known, and a subgraph may have another name for them
        (`schema { query: MyQuery }`).
        """
        paths = tuple(path for path in typed if path.types & types)
        if not paths or types & self._root_types:
            return []
        return [FieldCandidates(position.response, types, field, paths)]


def requested_fields(selection: NormalizedSelection, types: frozenset[str]) -> list[RequestedField]:
    """The fields of a selection set, each with those of `types` on which it is selected in the same way."""
    found: dict[tuple[object, ...], tuple[NormalizedField, set[str]]] = {}
    for type_name, fields in selection.by_type.items():
        if type_name in types:
            for field in fields:
                when = (field.conditions, field.shown)
                # Aliases of `__typename` have one source key: all of them are one entry.
                key = (field.source, id(field.selection), when, field.name == TYPENAME)
                found.setdefault(key, (field, set()))[1].add(type_name)
    return [RequestedField(field, frozenset(members)) for field, members in found.values()]
