"""The response as a tree: which fields the client selects at each node, and under which source keys.

Owns the meeting of the client's keys and the planner's own. A field that only the planner wants (a key field,
or a required one) shares the client's key when it is the very same field. Otherwise it gets a key that is not
in use: for `{ item { id: name } }` the key field `id` is read as `id_1`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from marquee_router.planning.conditions import ALWAYS, any_of, both, narrowed
from marquee_router.planning.deferral import deferral_of
from marquee_router.planning.operation import Argument, NormalizedField, NormalizedSelection
from marquee_router.planning.plan import Conditions
from marquee_router.planning.source_keys import TYPENAME, Shapes, SourceKeys
from marquee_schema.field_set import FieldSet, FieldSetField
from marquee_schema.supergraph import Supergraph, named_type

_TYPE_NAME = NormalizedField(response_key=TYPENAME, source=TYPENAME, name=TYPENAME, type=None)


@dataclass(frozen=True, slots=True)
class FieldSetForm:
    """How a field set is read."""

    same_keys: bool = False
    """Under the same source keys on all types: for objects whose concrete types may not be known."""
    with_typename: bool = False
    """With the concrete type of each object."""
    sent_to: str | None = None
    """The subgraph that it will be sent to."""


PER_TYPE = FieldSetForm()
SAME_KEYS = FieldSetForm(same_keys=True)


@dataclass(frozen=True, slots=True)
class _FieldScope:
    """What holds for all fields of a field set on one type."""

    types: list[str]
    """The types on which the fields have the same keys."""
    form: FieldSetForm
    shared: dict[tuple[object, ...], NormalizedField]
    """Fields by their content, so that equal ones are one object."""


class ResponseNode:
    """A node of the response tree, by its path of source keys; types are not part of the path."""

    def __init__(
        self,
        supergraph: Supergraph,
        shapes: Shapes,
        selections: Iterable[NormalizedSelection],
        parent: tuple[ResponseNode, str] | None = None,
    ) -> None:
        self._supergraph = supergraph
        self._shapes = shapes
        self._parent = parent
        self._selections = list(selections)
        """All selections that the client has here, in whichever fragment."""
        self._children: dict[str, ResponseNode] = {}
        self._keys: SourceKeys | None = None
        self._field_sets: dict[tuple[frozenset[str], FieldSet, FieldSetForm], NormalizedSelection] = {}
        self.is_required = False
        """True if a field set of an ancestor selects a field of this object."""

    @property
    def is_selected(self) -> bool:
        """True if the client selects the object itself."""
        return bool(self._selections)

    def selected_when(self) -> Conditions:
        """When the client selects the object, if a field set may select it as well; else `ALWAYS`."""
        if self._parent is None or not self.is_required:
            return ALWAYS
        parent, source = self._parent
        own = any_of(field.conditions for field in parent._selected_as(source))
        return narrowed(own or ALWAYS, parent.selected_when())

    def _selected_as(self, source: str) -> Iterator[NormalizedField]:
        """The client's fields under a key."""
        for selection in self._selections:
            for fields in selection.by_type.values():
                for field in fields:
                    if field.source == source:
                        yield field

    def deferral(self) -> Conditions:
        """The deferred fragments that select the object; `ALWAYS` when it is in the first answer."""
        if self._parent is None:
            return ALWAYS
        parent, source = self._parent
        return parent.deferral_of(source)

    def deferral_of(self, source: str) -> Conditions:
        """The deferred fragments that select the field."""
        own = any_of(deferral_of(field.shown or ALWAYS) for field in self._selected_as(source))
        return both(self.deferral(), own or ALWAYS) or ALWAYS

    def child(self, source: str) -> ResponseNode:
        """The node below a field."""
        found = self._children.get(source)
        if found is None:
            selections = (field.selection for field in self._selected_as(source))
            below = {id(selection): selection for selection in selections if selection is not None}
            found = ResponseNode(self._supergraph, self._shapes, below.values(), (self, source))
            self._children[source] = found
        return found

    def field_set(
        self, types: frozenset[str], field_set: FieldSet, form: FieldSetForm = PER_TYPE
    ) -> NormalizedSelection:
        """A field set as a selection set on the given object types; equal ones are the same object."""
        found = self._field_sets.get((types, field_set, form))
        if found is None:
            shared: dict[tuple[object, ...], NormalizedField] = {}
            by_type: dict[str, tuple[NormalizedField, ...]] = {}
            for name in sorted(types):
                # One key for all types must be free on all: `id_1`, if one type has an alias `id: name`.
                same = sorted(types) if form.same_keys else [name]
                fields = self._fields(name, field_set, _FieldScope(same, form, shared))
                by_type[name] = (*fields.values(), *((_TYPE_NAME,) if form.with_typename else ()))
            found = NormalizedSelection(by_type)
            self._field_sets[types, field_set, form] = found
        return found

    def _fields(self, type_name: str, field_set: FieldSet, scope: _FieldScope) -> dict[str, NormalizedField]:
        found: dict[str, NormalizedField] = {}
        for item in field_set:
            if not isinstance(item, FieldSetField):
                if type_name in self._supergraph.possible_types.get(item.type_condition, ()):
                    found.update(self._fields(type_name, item.selections, scope))
            elif item.name != TYPENAME:  # each representation has its `__typename` anyway
                field = self._field(type_name, item, scope)
                found[field.source] = field
        return found

    def _field(self, type_name: str, item: FieldSetField, scope: _FieldScope) -> NormalizedField:
        arguments = tuple(Argument(name, value) for name, value in item.arguments)
        source = self._source(scope.types, item.name, arguments)
        selection: NormalizedSelection | None = None
        if item.selections:
            target = named_type(self._supergraph.types[type_name].fields[item.name].type)
            possible = self._supergraph.possible_types[target]
            below = self._form_below(target, scope.form.sent_to)
            child = self.child(source)
            child.is_required = True
            selection = child.field_set(possible, item.selections, below)
        key = (source, item.name, arguments, id(selection))
        field = scope.shared.get(key)
        if field is None:
            field = NormalizedField(
                response_key=item.name,
                source=source,
                name=item.name,
                type=None,
                arguments=arguments,
                selection=selection,
            )
            scope.shared[key] = field
        return field

    def _form_below(self, type_name: str, subgraph: str | None) -> FieldSetForm:
        """The form in which nested objects of a type are read, if some may come from an `@interfaceObject`.

        A subgraph that knows the concrete types must be sent `__typename` with each nested object.
        """
        owners = self._supergraph.types[type_name].subgraphs
        if not any(own.interface_object for own in owners.values()):
            return FieldSetForm(sent_to=subgraph)
        own = owners.get(subgraph) if subgraph is not None else None
        return FieldSetForm(
            same_keys=True, with_typename=own is not None and not own.interface_object, sent_to=subgraph
        )

    def _source(self, types: list[str], name: str, arguments: tuple[Argument, ...]) -> str:
        """The source key of a field that all the types have, the same for all of them."""
        if self._keys is None:
            self._keys = self._client_keys()
        found = self._keys.find(types, name, arguments)
        return found if found is not None else self._keys.claim(types, name, name, arguments)

    def _client_keys(self) -> SourceKeys:
        """The keys of the client's fields; unconditional fields first, as their keys are better to share."""
        keys = SourceKeys(self._shapes)
        selected = [
            (type_name, field)
            for selection in self._selections
            for type_name, fields in selection.by_type.items()
            for field in fields
            if field.name != TYPENAME
        ]
        for type_name, field in sorted(selected, key=lambda item: bool(item[1].conditions)):
            keys.record(type_name, field.source, field.name, field.arguments)
        return keys
