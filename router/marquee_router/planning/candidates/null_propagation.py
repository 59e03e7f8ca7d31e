"""Whether reading more than was selected can cost the client data. Pure functions only.

A null in a non-null position nulls its nearest nullable parent (GraphQL specification, 6.4.4). A field that
is read of more objects than the client selects it on can thus null an object that the client does select.
"""

from __future__ import annotations

from marquee_router.planning.operation import NormalizedField
from marquee_schema.supergraph import Supergraph


def may_null_parent(
    supergraph: Supergraph, type_name: str, field: NormalizedField, selected: NormalizedField | None
) -> bool:
    """True if a null in what is read for `field` could null its parent, or an object below it, where the
    client selects only `selected` under the same key (None: nothing at all).
    """
    return _Comparison(supergraph).may_null(type_name, field, selected)


class _Comparison:
    """Compares two selections field by field; pairs that were compared are remembered."""

    def __init__(self, supergraph: Supergraph) -> None:
        self._supergraph = supergraph
        self._known: dict[tuple[int, int], bool] = {}

    def may_null(self, type_name: str, field: NormalizedField, selected: NormalizedField | None) -> bool:
        key = (id(field), id(selected))
        if key not in self._known:
            # Selected under the same conditions: then the client gets the same null without our doing.
            is_selected = selected is not None and selected.conditions == field.conditions
            self._known[key] = (not is_selected and self._is_non_null(type_name, field.name)) or (
                selected is not None and self._may_null_below(field, selected)
            )
        return self._known[key]

    def _may_null_below(self, field: NormalizedField, selected: NormalizedField) -> bool:
        if field.selection is None or selected.selection is None or field.selection is selected.selection:
            return False
        for type_name, fields in field.selection.by_type.items():
            others = {item.source: item for item in selected.selection.by_type.get(type_name, ())}
            if any(self.may_null(type_name, item, others.get(item.source)) for item in fields):
                return True
        return False

    def _is_non_null(self, type_name: str, name: str) -> bool:
        """True if any subgraph declares the field as non-null, on the type or on an interface of it."""
        types = self._supergraph.types
        for owner in (type_name, *types[type_name].interfaces):
            declared = types[owner].fields.get(name)
            if declared is not None and (
                declared.type.endswith("!")
                or any(own.type.endswith("!") for own in declared.subgraphs.values())
            ):
                return True
        return False
