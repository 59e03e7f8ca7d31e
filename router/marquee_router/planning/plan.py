"""The query plan: what the executor does to answer an operation.

Owns the plan's vocabulary only: immutable records, no behaviour. The data that a plan collects is one tree of
plain dicts and lists, keyed by *source keys*: the response keys in the subgraph operations. They equal the
client's response keys unless two fields with the same response key need different ones; `ResponseField` maps
them back.

Merging is deep: the result of a fetch is merged into the object at its path, objects by key, lists by index.
A later value wins, so the planner never reads two different values under one key of an object.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import TypeAlias

from graphql import GraphQLOutputType


class OperationKind(StrEnum):
    """The three kinds of GraphQL operation."""

    QUERY = "query"
    MUTATION = "mutation"
    SUBSCRIPTION = "subscription"


class Each(Enum):
    """The path element that stands for every item of a list."""

    ITEM = "@"


@dataclass(frozen=True, slots=True)
class TypeCondition:
    """A path element that only objects pass whose `__typename` is one of `possible`."""

    possible: frozenset[str]


PathElement: TypeAlias = str | Each | TypeCondition
Path: TypeAlias = tuple[PathElement, ...]
"""Where objects are in the collected data: source keys, `Each.ITEM` for each list level, type conditions."""


@dataclass(frozen=True, slots=True, order=True)
class Condition:
    """Holds when the Boolean variable has the expected value (`@include`: True, `@skip`: False)."""

    variable: str
    expected: bool


Conditions: TypeAlias = tuple[tuple[Condition, ...], ...]
"""Alternatives of conjunctions; the empty tuple holds always."""

Reserved: TypeAlias = tuple[tuple[str, Conditions], ...]
"""Response keys of later fields, each with the conditions under which it has its place here already.

A client may write a field twice and have the first one skipped: `{ a @include(if: $x) b a }`."""


@dataclass(frozen=True, slots=True)
class RepresentationField:
    """One field of a representation: read under `source` from the collected data, sent as `name`."""

    name: str
    source: str
    selections: tuple[RepresentationSelection, ...] = ()
    nullable: bool = False
    """True if a null is sent as it is (a nullable `@requires` field); else the object is not sent."""


@dataclass(frozen=True, slots=True)
class RepresentationFragment:
    """Fields sent only for objects whose collected `__typename` is one of `possible`."""

    possible: frozenset[str]
    selections: tuple[RepresentationSelection, ...]


RepresentationSelection: TypeAlias = RepresentationField | RepresentationFragment


@dataclass(frozen=True, slots=True)
class ContextSource:
    """Where a context may be set: at the objects on the way to an entity that the first `depth` elements of
    its path reach, if their `__typename` is one of `possible` (None: whatever it is).
    """

    depth: int
    possible: frozenset[str] | None
    selections: tuple[RepresentationSelection, ...]
    """The fields that lead to the value, one on each level."""


@dataclass(frozen=True, slots=True)
class ContextualVariable:
    """A variable of an operation that takes, for each entity, the value of a context (`@fromContext`)."""

    name: str
    """Without `$`; unique within the fetch."""
    type: str
    """As declared: GraphQL text. An object is sent with a null only if this is nullable."""
    sources: tuple[ContextSource, ...]
    """The first that is present counts. An object whose value was never fetched is not sent."""


@dataclass(frozen=True, slots=True)
class EntityTarget:
    """One `_entities` field of an entity fetch, and the objects that it completes.

    An object is sent if a path leads to it and it has every field of `representation`, not null unless
    `nullable`. Otherwise it stays as it is, without an error.
    """

    response_key: str
    """The alias of this `_entities` field in the operation: unique within the fetch."""
    variable: str
    """The operation's variable, without `$`, that takes the list of representations."""
    paths: tuple[Path, ...]
    representation: tuple[RepresentationSelection, ...]
    """`__typename` included, as its first field."""
    typenames: Mapping[str, str] = field(default_factory=dict)
    """Concrete type name → the name that is sent instead, as an `@interfaceObject` knows only its interface.

    An object read from an `@interfaceObject` has the interface's name as its `__typename` until a subgraph
    that knows the concrete type is asked.
    """
    conditions: Conditions = ()
    contextual: tuple[ContextualVariable, ...] = ()
    """Objects with different values of these are fetched by different `_entities` fields."""
    selection: str = ""
    """What is selected of its entities, without braces; empty in a fetch without contextual targets."""


@dataclass(frozen=True, slots=True)
class RootFetch:
    """One subgraph operation on root fields; its data is merged at `path`, usually the root."""

    subgraph: str
    kind: OperationKind
    operation: str
    variables: tuple[str, ...] = ()
    """Names of the client's variables that the operation uses."""
    path: Path = ()
    operation_name: str | None = None


@dataclass(frozen=True, slots=True)
class EntityFetch:
    """One subgraph operation made of `_entities` fields; skipped when no object is sent for any target."""

    subgraph: str
    operation: str
    targets: tuple[EntityTarget, ...]
    variables: tuple[str, ...] = ()
    operation_name: str | None = None
    declarations: tuple[str, ...] = ()
    """Of `variables`, as in the operation; only with contextual targets, which may need another operation."""

    @property
    def is_contextual(self) -> bool:
        """True if the operation depends on how many different values a context has."""
        return any(target.contextual for target in self.targets)


@dataclass(frozen=True, slots=True)
class Sequence:
    """Nodes run one after another."""

    nodes: tuple[PlanNode, ...]


@dataclass(frozen=True, slots=True)
class Parallel:
    """Nodes run at the same time."""

    nodes: tuple[PlanNode, ...]


@dataclass(frozen=True, slots=True)
class Conditional:
    """A node that runs only when `conditions` hold for the request's variables."""

    conditions: Conditions
    node: PlanNode


@dataclass(frozen=True, slots=True)
class Subscribe:
    """A source stream, and the fetches that complete each of its events."""

    source: RootFetch
    rest: PlanNode | None


PlanNode: TypeAlias = RootFetch | EntityFetch | Sequence | Parallel | Conditional | Subscribe


@dataclass(frozen=True, slots=True)
class ResponseField:
    """One field of the answer: taken from `source` in the collected data, written as `response_key`."""

    response_key: str
    source: str
    name: str
    """The field's name in the schema; `__typename`, `__schema` and `__type` included."""
    type: GraphQLOutputType
    """Its type in the API schema: decides null propagation, enum values and leaf checks."""
    selection: ResponseSelection | None = None
    conditions: Conditions = ()
    reserves: Reserved = ()
    """Later fields that have their place just before this one, when their conditions hold as well."""


@dataclass(frozen=True, slots=True)
class ResponseSelection:
    """The fields of the answer on each concrete type, in the client's order; any other type yields `{}`."""

    by_type: Mapping[str, tuple[ResponseField, ...]]
    deferred: Mapping[str, tuple[DeferredHere, ...]] = field(default_factory=dict)
    """The deferred fragments here, on each object type."""


@dataclass(frozen=True, slots=True)
class Deferral:
    """One `@defer` of the operation."""

    variable: str
    """Its name in `Conditions`, which no client's variable has. True once its fields are delivered."""
    label: str | None = None
    condition: str | None = None
    """The client's variable that `if` names; when it is false nothing is deferred."""


@dataclass(frozen=True, slots=True)
class DeferredHere:
    """A deferred fragment at one response path, and when it is there."""

    variable: str
    conditions: Conditions = ()


@dataclass(frozen=True, slots=True)
class DeferredFetches:
    """The fetches that only deferred fragments need; they run when `when`, conditions of fragments, holds."""

    when: Conditions
    node: PlanNode
    after: tuple[Conditions, ...] = ()
    """The `when` of others that must run before; the empty conditions stand for the plan's own node."""


@dataclass(frozen=True, slots=True)
class QueryPlan:
    """All that the executor needs: what to fetch (None for pure introspection), the shape of the answer."""

    kind: OperationKind
    node: PlanNode | None
    root_type: str
    response: ResponseSelection
    deferrals: tuple[Deferral, ...] = ()
    deferred: tuple[DeferredFetches, ...] = ()
    """Beside `node`; each runs when its conditions hold."""
