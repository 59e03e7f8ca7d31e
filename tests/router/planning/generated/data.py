"""Data for a composed graph, made from the names of its types and fields: the same graph, the same data,
and nearly the same data for a graph with a little less in it.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from graphql import EnumTypeDefinitionNode, EnumValueNode, OperationType, parse

from marquee_schema.field_set import FieldSet, FieldSetField, parse_field_set
from marquee_schema.supergraph import SubgraphField, Supergraph, TypeKind, named_type

Object = dict[str, Any]
_INSTANCES = 3
_COMPOSITE = frozenset({TypeKind.OBJECT, TypeKind.INTERFACE, TypeKind.UNION})


class _EnumText(str):
    """A value that does not depend on arguments."""


class ImpossibleData(Exception):
    """A field is non-null, and there is no value that it could have."""


@dataclass(slots=True)
class Data:
    """Root values and entities, and the count of mutations so far."""

    root: Object
    entities: list[Object]
    mutations: list[str] = field(default_factory=list)


def make_data(supergraph: Supergraph, salt: int, *, faults: bool) -> Data:
    """Data in which a shared field has only types that all who share it know; with `faults`, some fields
    that no other depends on cannot be read. Raises `ImpossibleData`."""
    return _Maker(supergraph, salt, faults=faults).make()


class _Maker:
    def __init__(self, supergraph: Supergraph, salt: int, *, faults: bool) -> None:
        self._supergraph = supergraph
        self._salt = salt
        self._faults = faults
        self._objects: dict[tuple[str, str], Object] = {}
        self._keys, self._needed = _fields_in_sets(supergraph)
        self._enums = _enums(supergraph)
        self._data = Data({"__typename": "Query"}, [])

    def make(self) -> Data:
        roots = set(self._supergraph.root_types.values())
        for name, declared in sorted(self._supergraph.types.items()):
            if declared.kind is TypeKind.OBJECT and name not in roots and self._is_entity(name):
                self._data.entities += [self._object(name, str(n)) for n in range(_INSTANCES)]
        query = self._supergraph.root_types.get(OperationType.QUERY, "Query")
        self._fill(self._data.root, query, "")
        mutation = self._supergraph.root_types.get(OperationType.MUTATION)
        if mutation is not None:
            for name, found in self._supergraph.types[mutation].fields.items():
                value = self._value(mutation, "", name, found.type, name)
                self._data.root[name] = self._mutation(name, value)
        return self._data

    def _mutation(self, name: str, value: Any) -> Callable[[], Any]:
        def run() -> Any:
            self._data.mutations.append(name)
            return len(self._data.mutations) if isinstance(value, int) else value

        return run

    def _is_entity(self, name: str) -> bool:
        types = self._supergraph.types
        names = (name, *types[name].interfaces)
        return any(own.keys for each in names for own in types[each].subgraphs.values())

    def _object(self, name: str, instance: str) -> Object:
        found = self._objects.get((name, instance))
        if found is None:
            interfaces = tuple(sorted(self._supergraph.types[name].interfaces))
            found = {"__typename": name, "__interfaces": interfaces}
            self._objects[name, instance] = found
            self._fill(found, name, instance)
        return found

    def _fill(self, into: Object, name: str, instance: str) -> None:
        fields = self._supergraph.types[name].fields
        may_fail = set(fields) - self._needed
        for each, declared in fields.items():
            strict = _strictest([declared.type, *(own.type for own in self._declared(name, each).values())])
            into[each] = self._value(name, instance, each, strict, f"{name}{instance}.{each}")
            if strict != declared.type:
                may_fail.discard(each)  # a subgraph's null would go further than one server's
        if self._faults:
            into["__faults"] = frozenset(
                each for each in may_fail if self._hash(name, instance, each, "!") % 12 == 0
            )

    def _value(self, owner: str, instance: str, name: str, type_: str, seed: str) -> Any:
        if type_.endswith("!"):
            present = self._present(owner, instance, name, type_[:-1], seed)
            if present is None:
                raise ImpossibleData(f"{owner}.{name} can only be null")
            return present
        if self._hash(seed, "null") % 7 == 0 and name not in self._keys:
            return None
        return self._present(owner, instance, name, type_, seed)

    def _present(self, owner: str, instance: str, name: str, type_: str, seed: str) -> Any:
        if type_.startswith("["):
            size = self._hash(seed, "size") % 3 + (1 if name in self._keys else 0)
            items = range(size if self._may_stand_in(owner, name, type_) else 0)
            return [self._value(owner, instance, name, type_[1:-1], f"{seed}.{n}") for n in items]
        declared = self._supergraph.types.get(type_)
        if declared is not None and declared.kind in _COMPOSITE:
            return self._composite(owner, name, type_, seed)
        number = self._hash(seed)
        if declared is not None and declared.kind is TypeKind.ENUM:
            values = sorted(self._known_values(owner, name, type_))
            return _EnumText(values[number % len(values)]) if values else None
        match type_:
            case "Int":
                return number % 1000
            case "Float":
                return number % 1000 + 0.5
            case "Boolean":
                return number % 2 == 0
            case _:
                return seed

    def _may_stand_in(self, owner: str, name: str, type_: str) -> bool:
        """True if there is a value for the items of the list."""
        declared = self._supergraph.types.get(named_type(type_))
        if not type_.endswith("!]") or declared is None or declared.kind not in _COMPOSITE:
            return True
        return bool(self._known_types(owner, name, declared.name))

    def _composite(self, owner: str, name: str, type_: str, seed: str) -> Any:
        known = sorted(self._known_types(owner, name, type_))
        if not known:
            return None
        chosen = known[self._hash(seed, "type") % len(known)]
        if self._is_entity(chosen):
            return self._object(chosen, str(self._hash(seed, "which") % _INSTANCES))
        return self._object(chosen, f"<{seed}>")

    def _declared(self, owner: str, name: str) -> dict[str, SubgraphField]:
        """The field in each subgraph that answers it, of the type or of its interfaces."""
        found: dict[str, SubgraphField] = {}
        for each in (owner, *self._supergraph.types[owner].interfaces):
            declared = self._supergraph.types[each].fields.get(name)
            if declared is not None:
                found.update({f"{each} {key}": own for key, own in declared.subgraphs.items()})
        return found

    def _known_values(self, owner: str, name: str, type_: str) -> set[str]:
        """The values of an enum, hidden ones too, that every subgraph which answers the field has."""
        subgraphs = {own.subgraph for own in self._declared(owner, name).values()}
        return {value for value, known in self._enums[type_].items() if subgraphs <= known}

    def _known_types(self, owner: str, name: str, type_: str) -> frozenset[str]:
        """The types that every subgraph which answers the field can return for it."""
        possible = self._supergraph.possible_types[type_]
        for own in self._declared(owner, name).values():
            possible &= self._supergraph.possible_types_in(own.subgraph, named_type(own.type))
        return possible

    def _hash(self, *parts: object) -> int:
        text = "/".join(map(str, (self._salt, *parts)))
        return zlib.crc32(text.encode()) >> 3


def _enums(supergraph: Supergraph) -> dict[str, dict[str, set[str]]]:
    """The values of each enum, and the subgraphs that have them."""
    found: dict[str, dict[str, set[str]]] = {}
    for node in parse(supergraph.sdl, no_location=True).definitions:
        if isinstance(node, EnumTypeDefinitionNode):
            found[node.name.value] = {
                value.name.value: {
                    argument.value.value.lower()
                    for directive in value.directives or ()
                    for argument in directive.arguments or ()
                    if directive.name.value == "join__enumValue" and isinstance(argument.value, EnumValueNode)
                }
                for value in node.values or ()
            }
    return found


def _strictest(types: Sequence[str]) -> str:
    """The first of the types, with each position non-null that is non-null in any of them."""
    may_be_null = [type_.removesuffix("!") for type_ in types]
    found = may_be_null[0]
    if found.startswith("["):
        found = f"[{_strictest([type_[1:-1] for type_ in may_be_null])}]"
    return found if list(types) == may_be_null else f"{found}!"


def _fields_in_sets(supergraph: Supergraph) -> tuple[set[str], set[str]]:
    """Names of the fields in keys; and of those in any field set."""
    keys: set[str] = set()
    needed: set[str] = set()
    for declared in supergraph.types.values():
        for each in declared.fields.values():
            for field_ in each.subgraphs.values():
                for argument in field_.context_arguments:
                    needed |= set(_names(parse_field_set(argument.selection)))
        for own in declared.subgraphs.values():
            for key in own.keys:
                keys |= set(_names(key.selection))
        for each in declared.fields.values():
            for field_ in each.subgraphs.values():
                needed |= {*_names(field_.requires), *_names(field_.provides)}
                if field_.requires or field_.context_arguments:
                    needed.add(each.name)
    return keys, needed | keys


def _names(field_set: FieldSet) -> Iterable[str]:
    for item in field_set:
        if isinstance(item, FieldSetField):
            yield item.name
        yield from _names(item.selections)
