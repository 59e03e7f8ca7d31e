"""The shape of the answer: the fields on each object type, and the source keys that they are taken from.

Owns the translation from the normalised operation. Equal selections stay one object, so that a projector is
compiled once for each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from graphql import GraphQLOutputType, get_named_type

from marquee_router.planning.conditions import any_of
from marquee_router.planning.errors import FetchGraphError
from marquee_router.planning.operation import NormalizedField, NormalizedOperation, NormalizedSelection
from marquee_router.planning.plan import ResponseField, ResponseSelection
from marquee_router.planning.source_keys import TYPENAME
from marquee_schema.supergraph import Supergraph


def response_selection(operation: NormalizedOperation, supergraph: Supergraph) -> ResponseSelection:
    """The shape of the answer to the operation."""
    return _Response(supergraph).selection(operation.selection, None)


class _Response:
    def __init__(self, supergraph: Supergraph) -> None:
        self._supergraph = supergraph
        self._selections: dict[tuple[int, str | None], ResponseSelection] = {}
        self._fields: dict[int, ResponseField] = {}

    def selection(self, selection: NormalizedSelection, type_: GraphQLOutputType | None) -> ResponseSelection:
        declared = get_named_type(type_).name if type_ is not None else None
        untyped = declared if declared is not None and self._may_be_untyped(declared) else None
        key = (id(selection), untyped)
        found = self._selections.get(key)
        if found is None:
            by_type = self._by_type(selection)
            if untyped is not None:
                by_type.update(_as_interface(untyped, selection, by_type))
            found = ResponseSelection(by_type, selection.deferred)
            self._selections[key] = found
        return found

    def _may_be_untyped(self, name: str) -> bool:
        """True if objects can arrive from an `@interfaceObject`, with only its interface's name as type."""
        declared = self._supergraph.types.get(name)
        return declared is not None and any(own.interface_object for own in declared.subgraphs.values())

    def _by_type(self, selection: NormalizedSelection) -> dict[str, tuple[ResponseField, ...]]:
        shared: dict[tuple[int, ...], tuple[ResponseField, ...]] = {}
        found: dict[str, tuple[ResponseField, ...]] = {}
        for type_name, fields in selection.by_type.items():
            key = tuple(map(id, fields))
            if key not in shared:
                shared[key] = tuple(self._field(item) for item in fields)
            found[type_name] = shared[key]
        return found

    def _field(self, item: NormalizedField) -> ResponseField:
        found = self._fields.get(id(item))
        if found is None:
            if item.type is None:
                raise FetchGraphError(f'"{item.name}" was not selected by the client')
            found = ResponseField(
                response_key=item.response_key,
                source=item.source,
                name=item.name,
                type=item.type,
                selection=self.selection(item.selection, item.type) if item.selection is not None else None,
                conditions=item.conditions if item.shown is None else item.shown,
                reserves=item.reserves,
            )
            self._fields[id(item)] = found
        return found


def _as_interface(
    name: str, selection: NormalizedSelection, by_type: Mapping[str, tuple[ResponseField, ...]]
) -> Mapping[str, tuple[ResponseField, ...]]:
    """The fields of an object whose concrete type was never needed: those that are the same on all types.

    A field that depends on the type becomes a `__typename` with its conditions. Such an object cannot resolve
    it, and need not as long as the field is skipped: in `{ media { id ... on Book @include(if: $x) { pages }
    } }` types are fetched only if `$x`.
    """
    merged: dict[str, list[ResponseField]] = {}
    for fields in by_type.values():
        for item in fields:
            merged.setdefault(item.response_key, []).append(item)
    found: list[ResponseField] = []
    for same in merged.values():
        first = same[0]
        alike = {(item.source, item.conditions, id(item.selection)) for item in same}
        if len(alike) == 1 and len(same) == len(selection.by_type) and first.name != TYPENAME:
            found.append(first)
            continue
        conditions = any_of(item.conditions for item in same)
        if not conditions:
            return {}  # selected always on some type: the concrete type is needed, so none arrives without it
        found.append(replace(first, name=TYPENAME, source=TYPENAME, selection=None, conditions=conditions))
    return {name: tuple(found)} if by_type else {}
