"""The part of a type that `@provides` makes readable, followed down a path."""

from __future__ import annotations

from collections.abc import Mapping

from marquee_schema.field_set import FieldSet, FieldSetField, FieldSetSelection


def provided_below(provided: FieldSet, name: str) -> FieldSet | None:
    """The part that is provided below a field; None when the field itself is not provided."""
    found: list[FieldSetSelection] = []
    is_provided = False
    for selection in provided:
        if isinstance(selection, FieldSetField) and selection.name == name:
            is_provided = True
            found.extend(selection.selections)
    return tuple(found) if is_provided else None


def provided_for(
    provided: FieldSet, type_name: str, possible_types: Mapping[str, frozenset[str]]
) -> FieldSet:
    """The part that is provided on one object type of an abstract one: plain fields, and those of fitting
    fragments."""
    found: list[FieldSetSelection] = []
    for selection in provided:
        if isinstance(selection, FieldSetField):
            found.append(selection)
        # `... on Media { ... on Book { isbn } }` provides `isbn` on `Book`: conditions may be interfaces, and
        # nested.
        elif type_name in possible_types.get(selection.type_condition, ()):
            found.extend(provided_for(selection.selections, type_name, possible_types))
    return tuple(found)


def provided_by_fragments_on(provided: FieldSet, type_name: str) -> FieldSet:
    """The part that is provided in fragments on exactly this type."""
    return tuple(
        inner
        for selection in provided
        if not isinstance(selection, FieldSetField) and selection.type_condition == type_name
        for inner in selection.selections
    )


def merged(first: FieldSet, second: FieldSet) -> FieldSet:
    """The parts that either provides, without repetition."""
    return tuple(dict.fromkeys((*first, *second)))
