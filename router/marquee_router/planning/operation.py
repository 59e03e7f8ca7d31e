"""The normalised operation: the fields that the client selects on each concrete type, without fragments.

Owns records only. A security stage may rebuild one with fields left out; all later stages work from it. Equal
selections are one object: a selection is a graph, so never walk it as a tree without a bound.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field

from graphql import GraphQLOutputType

from marquee_router.planning.plan import Conditions, Deferral, DeferredHere, OperationKind, Reserved


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument as the client wrote it; the value is GraphQL text."""

    name: str
    value: str
    variables: tuple[str, ...] = ()
    """Names of the variables inside the value."""


@dataclass(frozen=True, slots=True, eq=False)
class NormalizedField:
    """A field selected on one object type. Compared by identity: equal fields are the same object."""

    response_key: str
    source: str
    """The key of its value in the collected data; `__typename` for every `__typename`."""
    name: str
    type: GraphQLOutputType | None
    """Its type in the API schema; None for a field that only the planner wants."""
    arguments: tuple[Argument, ...] = ()
    directives: str = ""
    """Executable directives other than `@skip` and `@include`, as text."""
    directive_variables: tuple[str, ...] = ()
    conditions: Conditions = ()
    """When it is read, beyond the conditions of the field around it."""
    selection: NormalizedSelection | None = None
    shown: Conditions | None = None
    """When it is in the answer, if the operation has deferred fragments; None: as `conditions` say."""
    reserves: Reserved = ()
    """Later fields that have a place in the answer before this one."""


@dataclass(frozen=True, slots=True, eq=False)
class NormalizedSelection:
    """The fields selected on each concrete type, in the client's order."""

    by_type: Mapping[str, tuple[NormalizedField, ...]]
    deferred: Mapping[str, tuple[DeferredHere, ...]] = field(default_factory=dict)

    def fields(self, types: Container[str] | None = None) -> list[tuple[NormalizedField, frozenset[str]]]:
        """Each field once, with the types on which it is selected: all, or those of `types`."""
        found: dict[int, tuple[NormalizedField, list[str]]] = {}
        for type_name, selected in self.by_type.items():
            if types is None or type_name in types:
                for item in selected:
                    found.setdefault(id(item), (item, []))[1].append(type_name)
        return [(item, frozenset(names)) for item, names in found.values()]


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of the operation; `declaration` is GraphQL text without the name: `[Int!]! = [1]`."""

    name: str
    declaration: str


@dataclass(frozen=True, slots=True, eq=False)
class NormalizedOperation:
    """One operation, ready to be planned."""

    kind: OperationKind
    name: str | None
    root_type: str
    selection: NormalizedSelection
    variables: Mapping[str, Variable] = field(default_factory=dict)
    deferrals: tuple[Deferral, ...] = ()
