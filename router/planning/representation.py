"""What is sent for an object in an entity fetch; turns keys and requirements into representations."""

from __future__ import annotations

from collections.abc import Iterable

from router.planning.access import Alternative
from router.planning.operation import NormalizedField, NormalizedSelection
from router.planning.plan import RepresentationField, RepresentationFragment, RepresentationSelection
from router.planning.source_keys import TYPENAME
from schema.supergraph import Supergraph

_Selections = tuple[RepresentationSelection, ...]


def representation(alternative: Alternative, types: frozenset[str], supergraph: Supergraph) -> _Selections:
    """The representation of objects of the given types, `__typename` first.

    A field of the key keeps out the objects where it is null; a nullable required field is sent as null.
    """
    per_type: dict[str, _Selections] = {}
    for type_name in sorted(types):
        key = _fields(type_name, alternative.key, supergraph, required=False)
        required = _fields(type_name, alternative.required, supergraph, required=True)
        per_type[type_name] = _merge((*key, *required))
    return (RepresentationField(TYPENAME, TYPENAME), *_by_type(per_type))


def _fields(
    type_name: str, selection: NormalizedSelection | None, supergraph: Supergraph, *, required: bool
) -> _Selections:
    fields = selection.by_type.get(type_name, ()) if selection is not None else ()
    return tuple(_field(type_name, item, supergraph, required=required) for item in fields)


def _field(
    type_name: str, item: NormalizedField, supergraph: Supergraph, *, required: bool
) -> RepresentationField:
    declared = supergraph.types[type_name].fields[item.name].type
    nested: _Selections = ()
    if item.selection is not None:
        nested = _by_type(
            {
                name: _fields(name, item.selection, supergraph, required=required)
                for name in item.selection.by_type
            }
        )
    return RepresentationField(
        name=item.name,
        source=item.source,
        selections=nested,
        nullable=required and not declared.endswith("!"),
    )


def _by_type(per_type: dict[str, _Selections]) -> _Selections:
    """Once for all types where they agree, else a fragment for each group of types that do."""
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
    """One field per name: a key field that is required as well stays a key field."""
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
