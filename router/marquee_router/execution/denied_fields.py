"""The response shape for a requester that may see only a part of an operation: denied fields are null.

A denied field may have been fetched all the same, as a key or for `@requires`. The shape that is made here
cannot reach its value.
"""

from __future__ import annotations

from dataclasses import replace

from marquee_router.planning.plan import ResponseField, ResponseSelection

DENIED = ""
"""A source key that collected data never have: projecting it gives null."""

_NOTHING = ResponseSelection({})


def deny(whole: ResponseSelection, granted: ResponseSelection) -> ResponseSelection:
    """Return the shape `whole` with every field denied that `granted` does not have.

    Selections form a graph, not a tree: a shared one is shaped once for each partner.
    """
    return _deny(whole, granted, {})


def _deny(
    whole: ResponseSelection, granted: ResponseSelection, known: dict[tuple[int, int], ResponseSelection]
) -> ResponseSelection:
    key = (id(whole), id(granted))
    if key not in known:
        known[key] = ResponseSelection(
            {
                type_name: tuple(
                    _field(field, _granted(granted, type_name, field), known) for field in fields
                )
                for type_name, fields in whole.by_type.items()
            },
            whole.deferred,
        )
    return known[key]


def _granted(granted: ResponseSelection, type_name: str, field: ResponseField) -> ResponseField | None:
    for candidate in granted.by_type.get(type_name, ()):
        if candidate.response_key == field.response_key:
            return candidate
    return None


def _field(
    field: ResponseField, granted: ResponseField | None, known: dict[tuple[int, int], ResponseSelection]
) -> ResponseField:
    # `__typename` reveals nothing that the parent object does not.
    if granted is None:
        return field if field.name == "__typename" else replace(field, source=DENIED)
    if field.selection is None:
        return field
    return replace(field, selection=_deny(field.selection, granted.selection or _NOTHING, known))
