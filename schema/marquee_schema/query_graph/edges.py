"""Nodes and edges of the query graph, as immutable records; owns no way of finding them."""

from __future__ import annotations

from dataclasses import dataclass, field

from marquee_schema.field_set import FieldSet
from marquee_schema.supergraph import ContextArgument, Key


@dataclass(frozen=True, slots=True)
class Node:
    """A type as one subgraph knows it.

    `provided` is the part of it that a `@provides` on the way here makes readable although it is external.
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
    """Holds when the label of a progressive `@override` is on (`enabled`), or off."""

    label: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class FieldEdge:
    """Reading a field in a subgraph; where it `is_conditional`, only after an entity edge that brings what it
    needs.
    """

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
        """Whether it needs something of the object, or of the objects on the way to it."""
        return bool(self.requires or self.context_arguments)


@dataclass(frozen=True, slots=True)
class EntityEdge:
    """Entering a subgraph through `_entities` with a key, from any other node of the same type.

    `typename` is what the representation must say: the interface's name where the head is an
    `@interfaceObject`, or where the object's own type is not known yet.
    """

    head: Node
    key: Key
    typename: str


@dataclass(frozen=True, slots=True)
class RootEdge:
    """From a root type to the same root type in another subgraph."""

    tail: Node
    head: Node
