"""Nodes and edges of the query graph, as immutable records. `graph` finds them."""

from __future__ import annotations

from dataclasses import dataclass, field

from marquee_schema.field_set import FieldSet
from marquee_schema.supergraph import ContextArgument, Key


@dataclass(frozen=True, slots=True)
class Node:
    """A type as one subgraph declares it.

    `provided` is the part of the type that a `@provides` on the path makes readable although it is external.
    """

    type_name: str
    subgraph: str
    provided: FieldSet = ()
    _hash: int = field(init=False, repr=False, compare=False)
    """Nodes are looked up all the time."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "_hash", hash((self.type_name, self.subgraph, self.provided)))

    def __hash__(self) -> int:
        return self._hash


@dataclass(frozen=True, slots=True)
class LabelCondition:
    """Holds while the label of a progressive `@override` is on, if `enabled`; otherwise while it is off."""

    label: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class FieldEdge:
    """Reading a field in a subgraph. A conditional edge can be taken only after an entity edge that brings
    what the field needs."""

    tail: Node
    name: str
    type: str
    """As that subgraph declares it."""
    head: Node | None
    """None when the field is a leaf."""
    requires: FieldSet = ()
    condition: LabelCondition | None = None
    context_arguments: tuple[ContextArgument, ...] = ()

    @property
    def is_conditional(self) -> bool:
        """True if the field needs data of its object (`@requires`) or of an object above it
        (`@fromContext`)."""
        return bool(self.requires or self.context_arguments)


@dataclass(frozen=True, slots=True)
class EntityEdge:
    """Entering a subgraph through `_entities` with a key, from any other node of the same type.

    `typename` is the `__typename` of the representation: the interface's name if the head is an
    `@interfaceObject`, or if the object's own type is not known yet.
    """

    head: Node
    key: Key
    typename: str


@dataclass(frozen=True, slots=True)
class RootEdge:
    """From a root type to the same root type in another subgraph."""

    tail: Node
    head: Node
