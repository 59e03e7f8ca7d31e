"""The composer's schema model: one subgraph's schema as it was read, and the merged supergraph while it
grows.

Plain mutable records, compared by identity: upgrades rewrite them, merging builds new ones. They know
structure and coordinates only. Rules are in `validation`, `merge` and `satisfiability`; which subgraph
answers what in the composed graph is in `marquee_schema.supergraph.model`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import ClassVar

from graphql import Node

from marquee_schema.composition.type_reference import TypeReference, is_non_null
from marquee_schema.composition.values import MISSING, Default, Value


class Kind(StrEnum):
    """The kinds of named types, by the keyword that defines them."""

    SCALAR = "scalar"
    OBJECT = "type"
    INTERFACE = "interface"
    UNION = "union"
    ENUM = "enum"
    INPUT = "input"


OPERATION_KINDS = ("query", "mutation", "subscription")
DEFAULT_ROOT_NAMES = {"query": "Query", "mutation": "Mutation", "subscription": "Subscription"}


@dataclass(slots=True, eq=False)
class AppliedDirective:
    """`@name(arguments)` on an element.

    `canonical` is the name in the federation specification if the directive is one of federation's, whatever
    the subgraph calls it. `extension` is the `extend type` node that contains it; None on a definition.
    """

    name: str
    arguments: dict[str, Value]
    canonical: str | None = None
    node: Node | None = None
    extension: Node | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class Element:
    """The part that all elements share: a description and directives."""

    name: str
    description: str | None = None
    directives: list[AppliedDirective] = field(default_factory=list)
    node: Node | None = None

    def applied(self, canonical: str) -> AppliedDirective | None:
        """The first application of a federation directive, by its canonical name."""
        for directive in self.directives:
            if directive.canonical == canonical:
                return directive
        return None

    def all_applied(self, canonical: str) -> list[AppliedDirective]:
        """All applications of a federation directive, by its canonical name."""
        return [directive for directive in self.directives if directive.canonical == canonical]

    def named(self, name: str) -> list[AppliedDirective]:
        """All applications of a directive by the name it has in this schema."""
        return [directive for directive in self.directives if directive.name == name]

    def has(self, name: str) -> bool:
        """True if a directive is applied, by the name it has in this schema."""
        return any(directive.name == name for directive in self.directives)

    @property
    def coordinate(self) -> str:
        """The schema coordinate."""
        return self.name


@dataclass(slots=True, eq=False, kw_only=True)
class Argument(Element):
    """An argument of a field or of a directive definition."""

    parent: "Field | DirectiveDefinition"
    type: TypeReference
    default: Default = MISSING

    @property
    def coordinate(self) -> str:
        return f"{self.parent.coordinate}({self.name}:)"

    @property
    def is_required(self) -> bool:
        """True if a caller must give a value."""
        return is_non_null(self.type) and self.default is MISSING


@dataclass(slots=True, eq=False, kw_only=True)
class Field(Element):
    """A field of an object or interface."""

    parent: "CompositeType"
    type: TypeReference
    arguments: dict[str, Argument] = field(default_factory=dict)
    extension: Node | None = None

    @property
    def coordinate(self) -> str:
        return f"{self.parent.name}.{self.name}"


@dataclass(slots=True, eq=False, kw_only=True)
class InputField(Element):
    """A field of an input object."""

    parent: "InputType"
    type: TypeReference
    default: Default = MISSING

    @property
    def coordinate(self) -> str:
        return f"{self.parent.name}.{self.name}"

    @property
    def is_required(self) -> bool:
        """True if a caller must give a value."""
        return is_non_null(self.type) and self.default is MISSING


@dataclass(slots=True, eq=False, kw_only=True)
class EnumValue(Element):
    """A value of an enum."""

    parent: "EnumType"

    @property
    def coordinate(self) -> str:
        return f"{self.parent.name}.{self.name}"


@dataclass(slots=True, eq=False, kw_only=True)
class NamedType(Element):
    """The part that all named types share; `is_defined` is false for a type that is only extended."""

    is_defined: bool = True
    extensions: list[Node] = field(default_factory=list)

    kind: ClassVar[Kind]
    """The kind, as a keyword; each concrete class says its own."""


@dataclass(slots=True, eq=False, kw_only=True)
class ScalarType(NamedType):
    """`scalar`."""

    kind: ClassVar[Kind] = Kind.SCALAR


@dataclass(slots=True, eq=False, kw_only=True)
class CompositeType(NamedType):
    """An object or an interface: fields, and the interfaces it implements."""

    fields: dict[str, Field] = field(default_factory=dict)
    interfaces: dict[str, Node | None] = field(default_factory=dict)


@dataclass(slots=True, eq=False, kw_only=True)
class ObjectType(CompositeType):
    """`type`."""

    kind: ClassVar[Kind] = Kind.OBJECT


@dataclass(slots=True, eq=False, kw_only=True)
class InterfaceType(CompositeType):
    """`interface`."""

    kind: ClassVar[Kind] = Kind.INTERFACE


@dataclass(slots=True, eq=False, kw_only=True)
class UnionType(NamedType):
    """`union`."""

    members: dict[str, Node | None] = field(default_factory=dict)

    kind: ClassVar[Kind] = Kind.UNION


@dataclass(slots=True, eq=False, kw_only=True)
class EnumType(NamedType):
    """`enum`."""

    values: dict[str, EnumValue] = field(default_factory=dict)

    kind: ClassVar[Kind] = Kind.ENUM


@dataclass(slots=True, eq=False, kw_only=True)
class InputType(NamedType):
    """`input`."""

    fields: dict[str, InputField] = field(default_factory=dict)

    kind: ClassVar[Kind] = Kind.INPUT


@dataclass(slots=True, eq=False, kw_only=True)
class DirectiveDefinition(Element):
    """`directive @name(...) on LOCATIONS`."""

    arguments: dict[str, Argument] = field(default_factory=dict)
    locations: tuple[str, ...] = ()
    repeatable: bool = False

    @property
    def coordinate(self) -> str:
        return f"@{self.name}"


@dataclass(slots=True, eq=False)
class Schema:
    """Types, directive definitions, root operation types and the schema's own directives."""

    types: dict[str, NamedType] = field(default_factory=dict)
    directives: dict[str, DirectiveDefinition] = field(default_factory=dict)
    roots: dict[str, str] = field(default_factory=dict)
    definition: Element = field(default_factory=lambda: Element(name="schema"))
    _implementations: dict[str, list[CompositeType]] | None = None

    def composite(self, name: str) -> CompositeType | None:
        """The object or interface of that name."""
        found = self.types.get(name)
        return found if isinstance(found, CompositeType) else None

    def composites(self) -> Iterator[CompositeType]:
        """All objects and interfaces."""
        for candidate in self.types.values():
            if isinstance(candidate, CompositeType):
                yield candidate

    def objects(self) -> Iterator[ObjectType]:
        """All object types."""
        for candidate in self.types.values():
            if isinstance(candidate, ObjectType):
                yield candidate

    def interfaces(self) -> Iterator[InterfaceType]:
        """All interfaces."""
        for candidate in self.types.values():
            if isinstance(candidate, InterfaceType):
                yield candidate

    def is_root(self, name: str) -> bool:
        """True if the type is the root of an operation kind."""
        return name in self.roots.values()

    def structure_changed(self) -> None:
        """Forgets what was derived from types and `implements` clauses; must be called after they change."""
        self._implementations = None

    def implementations(self, interface: str) -> list[CompositeType]:
        """Objects and interfaces that implement an interface, in order of definition."""
        if self._implementations is None:
            self._implementations = {}
            for candidate in self.composites():
                for name in candidate.interfaces:
                    self._implementations.setdefault(name, []).append(candidate)
        return self._implementations.get(interface, [])

    def runtime_types(self, name: str) -> list[ObjectType]:
        """The object types that a value of this type can have."""
        found = self.types.get(name)
        if isinstance(found, ObjectType):
            return [found]
        if isinstance(found, UnionType):
            members = (self.types.get(member) for member in found.members)
            return [member for member in members if isinstance(member, ObjectType)]
        return [candidate for candidate in self.implementations(name) if isinstance(candidate, ObjectType)]
