"""The supergraph as immutable records: each type and field as merged, and as each subgraph declares it.

Owns the terms that the query graph, the planner and the security stages use. Never parses text. Type
references are GraphQL text (`[User!]!`). Subgraphs have the names that their owners gave them, never their
`join__Graph` value.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from graphql import GraphQLSchema, OperationType, ValueNode

from marquee_schema.field_set import FieldSet


class TypeKind(StrEnum):
    """The six kinds of named types."""

    OBJECT = "object"
    INTERFACE = "interface"
    UNION = "union"
    ENUM = "enum"
    INPUT = "input"
    SCALAR = "scalar"


@dataclass(frozen=True, slots=True)
class Subgraph:
    """One subgraph: its name, its value in `join__Graph`, and its URL."""

    name: str
    graph: str
    url: str


@dataclass(frozen=True, slots=True)
class Key:
    """A `@key` of a type in one subgraph; only a resolvable one can be entered through `_entities`."""

    text: str
    selection: FieldSet
    resolvable: bool = True
    on_extension: bool = field(default=False, compare=False)
    """Declared on an `extend type` or with `@extends`, as Federation 1 does."""


@dataclass(frozen=True, slots=True)
class ContextArgument:
    """An argument that the router fills from a context which a type above it on the path sets
    (`@fromContext`)."""

    name: str
    type: str
    context: str
    selection: str


@dataclass(frozen=True, slots=True)
class SubgraphField:
    """A field as one subgraph declares it."""

    subgraph: str
    type: str
    external: bool = False
    """Declared there but resolved elsewhere, unless provided. So is a field overridden without a label."""
    requires: FieldSet = ()
    provides: FieldSet = ()
    override: str | None = None
    """The subgraph that this declaration overrides."""
    override_label: str | None = None
    """Set on both sides of a progressive override."""
    used_overridden: bool = False
    context_arguments: tuple[ContextArgument, ...] = ()


@dataclass(frozen=True, slots=True)
class SubgraphType:
    """A type as one subgraph declares it."""

    subgraph: str
    keys: tuple[Key, ...] = ()
    interface_object: bool = False
    interfaces: frozenset[str] = frozenset()
    members: frozenset[str] = frozenset()
    """The members of a union."""
    fields: Mapping[str, SubgraphField] = field(default_factory=dict)
    values: frozenset[str] = frozenset()
    """The values of an enum."""


@dataclass(frozen=True, slots=True)
class Authorization:
    """What a client must have: for scopes and for policies, every member of one of the alternatives."""

    authenticated: bool = False
    scopes: tuple[frozenset[str], ...] = ()
    policies: tuple[frozenset[str], ...] = ()

    def __bool__(self) -> bool:
        return self.authenticated or bool(self.scopes) or bool(self.policies)


@dataclass(frozen=True, slots=True)
class ListSize:
    """The `@listSize` of a list field."""

    assumed_size: int | None = None
    slicing_arguments: tuple[str, ...] = ()
    sized_fields: tuple[str, ...] = ()
    require_one_slicing_argument: bool = True


@dataclass(frozen=True, slots=True)
class InputValue:
    """An argument or an input field, merged."""

    name: str
    type: str
    default: ValueNode | None = None
    inaccessible: bool = False
    tags: frozenset[str] = frozenset()
    cost: int | None = None


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an object or interface type, merged."""

    name: str
    type: str
    arguments: Mapping[str, InputValue] = field(default_factory=dict)
    subgraphs: Mapping[str, SubgraphField] = field(default_factory=dict)
    """By subgraph; empty for a field that only an `@interfaceObject` gives to a concrete type."""
    inaccessible: bool = False
    tags: frozenset[str] = frozenset()
    authorization: Authorization = field(default_factory=Authorization)
    cost: int | None = None
    list_size: ListSize | None = None


@dataclass(frozen=True, slots=True)
class EnumValue:
    """A value of an enum, merged."""

    name: str
    inaccessible: bool = False
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class JoinedType:
    """A named type with the declarations of each subgraph, as the `join__*` directives say."""

    name: str
    kind: TypeKind
    interfaces: frozenset[str] = frozenset()
    members: frozenset[str] = frozenset()
    subgraphs: Mapping[str, SubgraphType] = field(default_factory=dict)
    contexts: frozenset[str] = frozenset()
    inaccessible: bool = False


@dataclass(frozen=True, slots=True)
class Type(JoinedType):
    """A named type, merged."""

    fields: Mapping[str, Field] = field(default_factory=dict)
    input_fields: Mapping[str, InputValue] = field(default_factory=dict)
    values: Mapping[str, EnumValue] = field(default_factory=dict)
    tags: frozenset[str] = frozenset()
    authorization: Authorization = field(default_factory=Authorization)
    cost: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class JoinedSchema:
    """Which subgraph declares what: the part of a supergraph that the query graph reads.

    The composer builds one from what it merged. A router loads a whole `Supergraph`.
    """

    subgraphs: Mapping[str, Subgraph]
    types: Mapping[str, JoinedType]
    """The graph's own types, inaccessible ones included, without those of linked specifications."""
    root_types: Mapping[OperationType, str]
    possible_types: Mapping[str, frozenset[str]]
    """Object, interface or union name → names of the object types a value of it may have."""

    def possible_types_in(self, subgraph: str, type_name: str) -> frozenset[str]:
        """The object types that `subgraph` can return where it declares `type_name`.

        For an `@interfaceObject` these are all implementations, though the subgraph cannot distinguish them.
        """
        declared = self.types[type_name].subgraphs.get(subgraph)
        if declared is None:
            return frozenset()
        kind = self.types[type_name].kind
        if kind is TypeKind.UNION:
            return declared.members
        if kind is TypeKind.INTERFACE and not declared.interface_object:
            return frozenset(
                name
                for name in self.possible_types[type_name]
                if (own := self.types[name].subgraphs.get(subgraph)) and type_name in own.interfaces
            )
        return self.possible_types[type_name]


@dataclass(frozen=True, slots=True, eq=False)
class Supergraph(JoinedSchema):
    """Everything that a router knows of its graph. Built once by `load_supergraph`; compared by identity."""

    sdl: str
    types: Mapping[str, Type]
    override_labels: frozenset[str]
    """Every label of a progressive `@override`."""
    api_schema: GraphQLSchema
    """What clients see: no type of a linked specification, nothing inaccessible."""


def possible_types(types: Mapping[str, JoinedType]) -> dict[str, frozenset[str]]:
    """Each object, interface and union with the object types a value of it may have."""
    found: dict[str, set[str]] = {}
    for item in types.values():
        if item.kind is TypeKind.OBJECT:
            found.setdefault(item.name, set()).add(item.name)
            for interface in item.interfaces:
                found.setdefault(interface, set()).add(item.name)
        elif item.kind is TypeKind.UNION:
            found.setdefault(item.name, set()).update(item.members)
        elif item.kind is TypeKind.INTERFACE:
            found.setdefault(item.name, set())
    return {name: frozenset(possible) for name, possible in found.items()}


def named_type(reference: str) -> str:
    """The name inside a type reference: `User` of `[User!]!`."""
    return reference.strip("[]!")
