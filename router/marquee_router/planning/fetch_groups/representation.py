"""The representations of entities: what is sent for an object in an entity fetch.

Owns the translation of keys and requirements, read under source keys, to the names that the subgraph knows.
"""

from __future__ import annotations

from collections.abc import Iterable

from marquee_router.planning.candidates.candidate import FetchEntry
from marquee_router.planning.operation import NormalizedField, NormalizedSelection
from marquee_router.planning.plan import RepresentationField, RepresentationFragment, RepresentationSelection
from marquee_router.planning.source_keys import TYPENAME
from marquee_schema.supergraph import Supergraph, TypeKind, named_type

_Selections = tuple[RepresentationSelection, ...]
_TYPENAME = RepresentationField(TYPENAME, TYPENAME)


def representation(entry: FetchEntry, types: frozenset[str], supergraph: Supergraph) -> _Selections:
    """The representation of objects of the given types, `__typename` first.

    An object with a null in its key is not sent; a null of a nullable required field is sent as it is.
    """
    subgraph = entry.edge.head.subgraph if entry.edge is not None else None
    writer = _Writer(supergraph, subgraph)
    per_type: dict[str, _Selections] = {}
    for type_name in sorted(types):
        key = writer.fields(type_name, entry.key, required=False)
        required = writer.fields(type_name, entry.required, required=True)
        per_type[type_name] = _merge((*key, *required))
    return (_TYPENAME, *_by_type(per_type))


def value_selections(
    selection: NormalizedSelection, types: frozenset[str], supergraph: Supergraph
) -> _Selections:
    """The fields that lead to the value of a context, in objects of the given types."""
    writer = _Writer(supergraph, None)
    return _by_type({name: writer.fields(name, selection, required=True) for name in sorted(types)})


class _Writer:
    """Writes representations for one subgraph."""

    def __init__(self, supergraph: Supergraph, subgraph: str | None) -> None:
        self._supergraph = supergraph
        self._subgraph = subgraph

    def fields(self, type_name: str, selection: NormalizedSelection | None, *, required: bool) -> _Selections:
        """The fields selected of one object type."""
        fields = selection.by_type.get(type_name, ()) if selection is not None else ()
        return tuple(
            self._field(type_name, item, required=required) for item in fields if item.name != TYPENAME
        )

    def _field(self, type_name: str, item: NormalizedField, *, required: bool) -> RepresentationField:
        declared = self._supergraph.types[type_name].fields[item.name].type
        nested: _Selections = ()
        if item.selection is not None:
            below = item.selection
            nested = _by_type({name: self.fields(name, below, required=required) for name in below.by_type})
            if self._needs_typename(named_type(declared)):
                nested = (_TYPENAME, *nested)
        return RepresentationField(
            name=item.name,
            source=item.source,
            selections=nested,
            # With a null in a key the entity cannot be found. A required null is a value like any other.
            nullable=required and not declared.endswith("!"),
        )

    def _needs_typename(self, type_name: str) -> bool:
        """True if objects of the type must be sent with their concrete type.

        Not to a subgraph that knows the type as an `@interfaceObject`: it has no concrete types.
        """
        declared = self._supergraph.types[type_name]
        own = declared.subgraphs.get(self._subgraph) if self._subgraph is not None else None
        return declared.kind is not TypeKind.OBJECT and own is not None and not own.interface_object


def _by_type(per_type: dict[str, _Selections]) -> _Selections:
    """The selections, once if all types have the same; else in a fragment for each group of types that do."""
    groups: dict[_Selections, set[str]] = {}
    for type_name, selections in per_type.items():
        groups.setdefault(selections, set()).add(type_name)
    if len(groups) == 1:
        return next(iter(groups))
    return tuple(
        RepresentationFragment(frozenset(types), selections)
        for selections, types in groups.items()
        if selections
    )


def _merge(selections: Iterable[RepresentationSelection]) -> _Selections:
    """One field for each name; a key field that is also required still keeps out objects with a null."""
    fields: dict[str, RepresentationField] = {}
    fragments: list[RepresentationFragment] = []
    for item in selections:
        if isinstance(item, RepresentationFragment):
            if item not in fragments:
                fragments.append(item)
            continue
        known = fields.get(item.name)
        fields[item.name] = (
            item
            if known is None
            else RepresentationField(
                name=item.name,
                source=item.source,
                selections=_merge((*known.selections, *item.selections)),
                nullable=known.nullable and item.nullable,
            )
        )
    return (*fields.values(), *fragments)
