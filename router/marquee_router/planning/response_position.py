"""One place of the collected data: where an object stands, and which keys its fields have there.

Owns the meeting of the client's keys and the planner's own: a field that only the planner wants (of a key, or
required) is read under the client's key when it is the very same field, else under one that nobody uses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from marquee_router.planning.conditions import ALWAYS, any_of, both, narrowed
from marquee_router.planning.deferral import delayed
from marquee_router.planning.operation import Argument, NormalizedField, NormalizedSelection
from marquee_router.planning.plan import Conditions
from marquee_router.planning.source_keys import TYPENAME, Shapes, SourceKeys
from marquee_schema.field_set import FieldSet, FieldSetField
from marquee_schema.supergraph import Supergraph, named_type

_TYPE_NAME = NormalizedField(response_key=TYPENAME, source=TYPENAME, name=TYPENAME, type=None)


@dataclass(frozen=True, slots=True)
class Manner:
    """How a field set is asked for."""

    alike: bool = False
    """Under the same keys on all types: for objects whose types may not be known."""
    named: bool = False
    """With the type that each object is of."""
    subgraph: str | None = None
    """To whom it will be sent."""


PLAIN = Manner()
ALIKE = Manner(alike=True)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What holds for all fields of a field set on one type."""

    same: list[str]
    """The types that have the same keys."""
    manner: Manner
    shared: dict[tuple[object, ...], NormalizedField]
    """Fields by what they are, so that equal ones are one object."""


class ResponsePosition:
    """A place, by its path of source keys; types are not part of it."""

    def __init__(
        self,
        supergraph: Supergraph,
        shapes: Shapes,
        selections: Iterable[NormalizedSelection],
        above: tuple[ResponsePosition, str] | None = None,
    ) -> None:
        self._supergraph = supergraph
        self._shapes = shapes
        self._above = above
        self._selections = list(selections)
        """All that the client asks for here, in whatever branch."""
        self._children: dict[str, ResponsePosition] = {}
        self._keys: SourceKeys | None = None
        self._field_sets: dict[tuple[frozenset[str], FieldSet, Manner], NormalizedSelection] = {}
        self.is_required = False
        """Whether a field set of an object further up reads something of this one."""

    @property
    def is_asked(self) -> bool:
        """Whether the client reads something of the object itself."""
        return bool(self._selections)

    def asked(self) -> Conditions:
        """When the client reads the object, if it may be there for a field set only; else `ALWAYS`."""
        if self._above is None or not self.is_required:
            return ALWAYS
        above, source = self._above
        own = any_of(field.conditions for field in above._asked_as(source))
        return narrowed(own or ALWAYS, above.asked())

    def _asked_as(self, source: str) -> Iterator[NormalizedField]:
        """The client's fields under a key."""
        for selection in self._selections:
            for fields in selection.by_type.values():
                for field in fields:
                    if field.source == source:
                        yield field

    def delay(self) -> Conditions:
        """Which deferred fragments bring the object itself; `ALWAYS` when it comes with the first answer."""
        if self._above is None:
            return ALWAYS
        above, source = self._above
        return above.delay_of(source)

    def delay_of(self, source: str) -> Conditions:
        """Which deferred fragments bring the field."""
        own = any_of(delayed(field.shown or ALWAYS) for field in self._asked_as(source))
        return both(self.delay(), own or ALWAYS) or ALWAYS

    def child(self, source: str) -> ResponsePosition:
        """The place below a field."""
        found = self._children.get(source)
        if found is None:
            asked = (field.selection for field in self._asked_as(source))
            below = {id(selection): selection for selection in asked if selection is not None}
            found = ResponsePosition(self._supergraph, self._shapes, below.values(), (self, source))
            self._children[source] = found
        return found

    def field_set(
        self, types: frozenset[str], field_set: FieldSet, manner: Manner = PLAIN
    ) -> NormalizedSelection:
        """A field set asked for here, on the given object types."""
        found = self._field_sets.get((types, field_set, manner))
        if found is None:
            shared: dict[tuple[object, ...], NormalizedField] = {}
            by_type: dict[str, tuple[NormalizedField, ...]] = {}
            for name in sorted(types):
                same = sorted(types) if manner.alike else [name]
                fields = self._fields(name, field_set, _Wanted(same, manner, shared))
                by_type[name] = (*fields.values(), *((_TYPE_NAME,) if manner.named else ()))
            found = NormalizedSelection(by_type)
            self._field_sets[types, field_set, manner] = found
        return found

    def _fields(self, type_name: str, field_set: FieldSet, wanted: _Wanted) -> dict[str, NormalizedField]:
        found: dict[str, NormalizedField] = {}
        for item in field_set:
            if not isinstance(item, FieldSetField):
                if type_name in self._supergraph.possible_types.get(item.type_condition, ()):
                    found.update(self._fields(type_name, item.selections, wanted))
            elif item.name != TYPENAME:
                field = self._field(type_name, item, wanted)
                found[field.source] = field
        return found

    def _field(self, type_name: str, item: FieldSetField, wanted: _Wanted) -> NormalizedField:
        arguments = tuple(Argument(name, value) for name, value in item.arguments)
        source = self._source(wanted.same, item.name, arguments)
        selection: NormalizedSelection | None = None
        if item.selections:
            target = named_type(self._supergraph.types[type_name].fields[item.name].type)
            possible = self._supergraph.possible_types[target]
            below = self._below(target, wanted.manner.subgraph)
            child = self.child(source)
            child.is_required = True
            selection = child.field_set(possible, item.selections, below)
        key = (source, item.name, arguments, id(selection))
        field = wanted.shared.get(key)
        if field is None:
            field = NormalizedField(
                response_key=item.name,
                source=source,
                name=item.name,
                type=None,
                arguments=arguments,
                selection=selection,
            )
            wanted.shared[key] = field
        return field

    def _below(self, type_name: str, subgraph: str | None) -> Manner:
        """How objects of a type are read for a subgraph, where they may come from an `@interfaceObject`."""
        owners = self._supergraph.types[type_name].subgraphs
        if not any(own.interface_object for own in owners.values()):
            return Manner(subgraph=subgraph)
        own = owners.get(subgraph) if subgraph is not None else None
        return Manner(alike=True, named=own is not None and not own.interface_object, subgraph=subgraph)

    def _source(self, types: list[str], name: str, arguments: tuple[Argument, ...]) -> str:
        """The key of a field that all the types have, the same for all."""
        if self._keys is None:
            self._keys = self._client_keys()
        found = self._keys.find(types, name, arguments)
        return found if found is not None else self._keys.claim(types, name, name, arguments)

    def _client_keys(self) -> SourceKeys:
        """The unconditional ones first: they are the better ones to share."""
        keys = SourceKeys(self._shapes)
        asked = [
            (type_name, field)
            for selection in self._selections
            for type_name, fields in selection.by_type.items()
            for field in fields
            if field.name != TYPENAME
        ]
        for type_name, field in sorted(asked, key=lambda item: bool(item[1].conditions)):
            keys.record(type_name, field.source, field.name, field.arguments)
        return keys
