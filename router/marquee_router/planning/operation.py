"""The normalised operation: what the client asked for, per concrete object type, without fragments.

Owns records only. A security stage may rebuild one with fields left out; everything after works from it.
Selections are shared where they are equal: a selection is a graph, never walk it as a tree without a bound.
"""

from __future__ import annotations

from collections.abc import Mapping
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
    """A field asked for on one object type; compared by identity, equal fields are the same object."""

    response_key: str
    source: str
    """The key its value gets in the collected data; `__typename` for every `__typename`."""
    name: str
    type: GraphQLOutputType | None
    """Its type in the API schema; None for a field that only the planner wants."""
    arguments: tuple[Argument, ...] = ()
    directives: str = ""
    """Executable directives other than `@skip` and `@include`, as text."""
    directive_variables: tuple[str, ...] = ()
    conditions: Conditions = ()
    """Beyond those of the enclosing field."""
    selection: NormalizedSelection | None = None
    shown: Conditions | None = None
    """When it stands in the answer, if deferred fragments have a say in that; None: as `conditions` say."""
    reserves: Reserved = ()
    """Later fields whose place in the answer is before this one."""


@dataclass(frozen=True, slots=True, eq=False)
class NormalizedSelection:
    """The fields asked for per concrete object type, in the client's order."""

    by_type: Mapping[str, tuple[NormalizedField, ...]]
    deferred: Mapping[str, tuple[DeferredHere, ...]] = field(default_factory=dict)


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
