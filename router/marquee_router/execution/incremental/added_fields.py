"""`AddedFields`: the fields that one deferred fragment adds to what earlier parts have delivered."""

from __future__ import annotations

from marquee_router.planning.plan import ResponseField, ResponseSelection


class AddedFields:
    """Finds the fields that one deferral brings, and those with such a field below them.

    In `{ film { title crew { name ... @defer { age } } } }` the fragment adds `age`, on an object below
    `film` and `crew`. `title` and `name` are in the first part, so they are not sent again.
    """

    def __init__(self, variable: str) -> None:
        """`variable` is the name of the deferral, which conditions the fields that it brings."""
        self._variable = variable
        # By identity: selections are shared, and a shared one is searched once.
        self._fields: dict[int, tuple[ResponseField, ...]] = {}
        self._selections: dict[int, ResponseSelection] = {}

    def of(self, fields: tuple[ResponseField, ...]) -> tuple[ResponseField, ...]:
        """Those of `fields` that are added, reduced to what is added below them."""
        known = self._fields.get(id(fields))
        if known is None:
            added = (self._added(each) for each in fields)
            known = self._fields[id(fields)] = tuple(each for each in added if each is not None)
        return known

    def _added(self, field: ResponseField) -> ResponseField | None:
        if any(term.variable == self._variable for terms in field.conditions for term in terms):
            return _with_selection(field, field.selection)
        if field.selection is None:
            return None
        below = self._selections.get(id(field.selection))
        if below is None:
            below = ResponseSelection(
                {name: self.of(fields) for name, fields in field.selection.by_type.items()}
            )
            self._selections[id(field.selection)] = below
        return _with_selection(field, below) if any(below.by_type.values()) else None


def _with_selection(field: ResponseField, selection: ResponseSelection | None) -> ResponseField:
    """The field with another selection, and without `reserves`: the order of fields that an earlier part has
    delivered is not its business."""
    return ResponseField(
        response_key=field.response_key,
        source=field.source,
        name=field.name,
        type=field.type,
        selection=selection,
        conditions=field.conditions,
    )
