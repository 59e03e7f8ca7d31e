"""Whether more may be read of an object than its type asks for: a null that may not be takes along what is
around it. Pure functions only.
"""

from __future__ import annotations

from marquee_router.planning.operation import NormalizedField
from marquee_schema.supergraph import Supergraph


def takes_along(
    supergraph: Supergraph, type_name: str, field: NormalizedField, asked: NormalizedField | None
) -> bool:
    """Whether a null in what is read for `field` could show where only `asked` is asked for, if anything, of
    the same key.
    """
    return _takes_along(supergraph, type_name, field, asked, {})


def _takes_along(
    supergraph: Supergraph,
    type_name: str,
    field: NormalizedField,
    asked: NormalizedField | None,
    known: dict[tuple[int, int], bool],
) -> bool:
    key = (id(field), id(asked))
    if key not in known:
        is_sure = asked is not None and asked.conditions == field.conditions
        known[key] = (not is_sure and _is_never_null(supergraph, type_name, field.name)) or (
            asked is not None and _inside(supergraph, field, asked, known)
        )
    return known[key]


def _inside(
    supergraph: Supergraph,
    field: NormalizedField,
    asked: NormalizedField,
    known: dict[tuple[int, int], bool],
) -> bool:
    if field.selection is None or asked.selection is None or field.selection is asked.selection:
        return False
    for type_name, fields in field.selection.by_type.items():
        others = {item.source: item for item in asked.selection.by_type.get(type_name, ())}
        if any(_takes_along(supergraph, type_name, f, others.get(f.source), known) for f in fields):
            return True
    return False


def _is_never_null(supergraph: Supergraph, type_name: str, name: str) -> bool:
    """Whether the field may not be null for somebody who answers it."""
    types = supergraph.types
    for owner in (type_name, *types[type_name].interfaces):
        declared = types[owner].fields.get(name)
        if declared is not None and (
            declared.type.endswith("!") or any(own.type.endswith("!") for own in declared.subgraphs.values())
        ):
            return True
    return False
