"""Objects that arrive both from an `@interfaceObject` and from subgraphs that resolve their concrete types.

Owns the question which fields the `@interfaceObject` should read. Its answers are merged into the same
objects, and it cannot resolve `__typename`; so it reads what the others cannot, without type conditions:

    A: type Query { top: Media @shareable }   interface Media @key(fields: "id") { id: ID! title: String }
    B: type Query { top: Media @shareable }   type Media @key(fields: "id") @interfaceObject { rating: Int }

`{ top { title rating } }` reads `title` from A and `rating` from B's root field, at the same time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from marquee_router.planning.candidates.candidate import CandidatePath, FieldCandidates
from marquee_router.planning.candidates.concrete_types import ConcreteTypes
from marquee_router.planning.candidates.search_position import (
    CandidateReader,
    RequestedField,
    Resolving,
    SearchContext,
    SearchPosition,
    Unreachable,
)
from marquee_router.planning.candidates.untyped_objects import interface_of
from marquee_router.planning.operation import NormalizedSelection
from marquee_router.planning.source_keys import TYPENAME


@dataclass(frozen=True, slots=True)
class PartlyTypedRead:
    """What an `@interfaceObject` reads, and what remains to be read where types are known."""

    found: list[FieldCandidates]
    remaining: list[RequestedField]


class PartlyTypedObjects:
    """Reads selection sets of such objects."""

    def __init__(
        self, context: SearchContext, concrete_types: ConcreteTypes, reader: CandidateReader
    ) -> None:
        self._context = context
        self._concrete_types = concrete_types
        self._reader = reader

    def read_untyped_only(
        self, position: SearchPosition, requested: list[RequestedField], resolving: Resolving
    ) -> list[FieldCandidates]:
        """The candidates of all fields by `@interfaceObject`s alone, so that nothing resolves types.

        Empty unless all fields are selected on all types and some of them cannot be read otherwise.
        """
        graph = self._context.graph
        typed = [path for path in position.arrivals if path.typed]
        known = min(path.stage for path in typed)
        # An `@interfaceObject` that is reached only after the types are known saves nothing.
        near = tuple(path for path in position.arrivals if not path.typed and path.stage <= known)
        if not near or any(item.types != position.types or item.field.name == TYPENAME for item in requested):
            return []
        nodes = [graph.narrow(path.node, name) for path in typed for name in path.types]
        if all(any(graph.field_edge(node, item.field.name) for node in nodes) for item in requested):
            return []
        found = [FieldCandidates(position.response, position.types, None, near)]
        untyped = self._context.narrow(
            position, interface_of(near), position.types, near, may_fetch_entities=False
        )
        for item in requested:
            read = self._reader.read_field(untyped, item.field, resolving)
            if isinstance(read, Unreachable):
                return []
            found.extend(read)
        return found

    def read(
        self,
        position: SearchPosition,
        selection: NormalizedSelection,
        requested: list[RequestedField],
        resolving: Resolving,
    ) -> PartlyTypedRead:
        """What an `@interfaceObject` reads beside the fetch that resolves the types.

        Only what it answers without an entity fetch from there, which would have to wait for the types.
        Below a field entity fetches are allowed: the objects there are others.
        """
        graph = self._context.graph
        typed = tuple(path for path in position.arrivals if path.typed)
        untyped = [replace(path, hides_typename=True) for path in position.arrivals if not path.typed]
        known = min(path.stage for path in typed)
        selected = frozenset[str]().union(*(item.types for item in requested))
        found: list[FieldCandidates] = []
        remaining: list[RequestedField] = []
        for item in requested:
            field, types = item
            able = tuple(path for path in untyped if graph.can_read_field(path.node, field, strict=True))
            if field.name == TYPENAME or self._is_read_with_type(typed, item):
                remaining.append(item)
            elif not able:
                # It cannot answer all below the field, but perhaps the field: `{ top { similar { title } } }`
                # with `similar: [Media]` in B, and `title` in A for each of the similar ones.
                near = tuple(path for path in untyped if path.stage <= known)
                below = self._read_below(position, near, item, resolving) if types == position.types else []
                found.extend(below)
                remaining.extend([] if below else [item])
            # Read without types when that costs nothing: the field is selected on all types, the subgraph is
            # asked no later than the types are known, and no null can spread. Or when there is no other way.
            elif (
                types == selected
                and min(path.stage for path in able) <= known
                and not self._concrete_types.must_be_known(selection, item, position.types)
            ) or not self._concrete_types.can_read(position, typed, item, resolving):
                found.append(
                    FieldCandidates(position.response, types, field, able, whole=field.selection is not None)
                )
            else:
                remaining.append(item)
        return PartlyTypedRead(found, remaining)

    def _read_below(
        self,
        position: SearchPosition,
        untyped: tuple[CandidatePath, ...],
        requested: RequestedField,
        resolving: Resolving,
    ) -> list[FieldCandidates]:
        """The candidates of a field that an `@interfaceObject` resolves, while others read what is below it.

        Empty if none resolves the field.
        """
        field, types = requested
        if field.selection is None:
            return []
        edges = ((path, self._context.graph.field_edge(path.node, field.name)) for path in untyped)
        able = tuple(path for path, edge in edges if edge is not None and not edge.is_conditional)
        if not able:
            return []
        narrowed = self._context.narrow(position, interface_of(able), types, able, may_fetch_entities=False)
        read = self._reader.read_field(narrowed, field, resolving)
        return [] if isinstance(read, Unreachable) else read

    def _is_read_with_type(self, typed: tuple[CandidatePath, ...], requested: RequestedField) -> bool:
        """True if a fetch that resolves `__typename` can also select this field."""
        graph = self._context.graph
        field, types = requested
        return any(
            all(
                graph.can_read_field(graph.narrow(path.node, name), field, strict=False)
                for name in types & path.types
            )
            for path in typed
        )
