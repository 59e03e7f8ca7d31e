"""Source keys: the response keys that fields have in subgraph operations, and so in the collected data.

Owns the rule that keeps two fields apart. They may share a key if they are the same field with the same
arguments and no subgraph declares them with different shapes: then subgraph operations stay valid wherever
both are selected, and no value overwrites another. For example, `minutes` is read as `x_1` in
`{ media { ... on Book { x: pages } ... on Film { x: minutes } } }`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from marquee_router.planning.operation import Argument
from marquee_schema.supergraph import Supergraph, TypeKind, named_type

TYPENAME = "__typename"
_COMPOSITE = frozenset({TypeKind.OBJECT, TypeKind.INTERFACE, TypeKind.UNION})


@dataclass(frozen=True, slots=True)
class Claim:
    """A field of one object type that has a key."""

    type_name: str
    name: str
    arguments: tuple[tuple[str, str], ...]
    shapes: Mapping[str, str]


class Shapes:
    """The shape of each field's value in each subgraph: its type, in which all composite types are equal."""

    def __init__(self, supergraph: Supergraph) -> None:
        self._types = supergraph.types
        self._remembered: dict[tuple[str, str], Mapping[str, str]] = {}

    def of(self, type_name: str, name: str) -> Mapping[str, str]:
        """The shape of a field by subgraph: `[Book!]!` is `[*!]!`."""
        key = (type_name, name)
        if key not in self._remembered:
            owner = self._types.get(type_name)
            field = owner.fields.get(name) if owner is not None else None
            declared = field.subgraphs if field is not None else {}
            self._remembered[key] = {subgraph: self._shape(own.type) for subgraph, own in declared.items()}
        return self._remembered[key]

    def _shape(self, reference: str) -> str:
        named = named_type(reference)
        kind = self._types[named].kind if named in self._types else TypeKind.SCALAR
        return reference.replace(named, "*") if kind in _COMPOSITE else reference


class SourceKeys:
    """The keys in use on one node of the response tree."""

    def __init__(self, shapes: Shapes) -> None:
        self._shapes = shapes
        self._claims: dict[str, dict[str, Claim]] = {}
        self._reserved: set[str] = {TYPENAME}

    def reserve(self, key: str) -> None:
        """Reserve a key for the field that prefers it, which is claimed later."""
        self._reserved.add(key)

    def record(self, type_name: str, source: str, name: str, arguments: tuple[Argument, ...]) -> None:
        """Record a key that a field of the client has already."""
        self._claims.setdefault(source, {})[type_name] = self._claim(type_name, name, arguments)

    def find(self, types: Sequence[str], name: str, arguments: tuple[Argument, ...]) -> str | None:
        """The key under which this very field is read already, on all of the types; None if there is none."""
        claims = [self._claim(type_name, name, arguments) for type_name in types]
        for source, owners in self._claims.items():
            if all(owners.get(claim.type_name) == claim for claim in claims):
                return source
        return None

    def claim(self, types: Sequence[str], preferred: str, name: str, arguments: tuple[Argument, ...]) -> str:
        """A key for the field on all of the types: `preferred` if it is free, else one derived from it."""
        claims = [self._claim(type_name, name, arguments) for type_name in types]
        source, attempt = preferred, 0
        while not all(self._is_free(source, preferred, claim) for claim in claims):
            attempt += 1
            source = f"{preferred}_{attempt}"
        self._claims.setdefault(source, {}).update((claim.type_name, claim) for claim in claims)
        return source

    def _is_free(self, source: str, preferred: str, claim: Claim) -> bool:
        if source == TYPENAME or (source != preferred and source in self._reserved):
            return False
        owners = self._claims.get(source)
        return owners is None or all(_compatible(claim, owner) for owner in owners.values())

    def _claim(self, type_name: str, name: str, arguments: tuple[Argument, ...]) -> Claim:
        sorted_arguments = tuple(sorted((a.name, a.value) for a in arguments)) if arguments else ()
        return Claim(type_name, name, sorted_arguments, self._shapes.of(type_name, name))


def _compatible(one: Claim, other: Claim) -> bool:
    if one.name != other.name or one.arguments != other.arguments:
        return False
    if one.type_name == other.type_name:
        return True
    # `id: ID!` of one type and `id: ID` of another are invalid side by side in one subgraph's operation.
    return all(other.shapes.get(subgraph, shape) == shape for subgraph, shape in one.shapes.items())
