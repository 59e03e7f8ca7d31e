"""The query plan: what the planner promises and the executor carries out.

Owns the plan's vocabulary only: immutable records, no behaviour. Data collected while a plan runs is one
tree of plain dicts and lists, keyed by *source keys*: the response keys the planner wrote into subgraph
operations. They equal the client's response keys unless two of these had to be told apart; `ResponseField`
maps them back.

Merging is deep: a fetch's result is merged into the object at its path, objects by key, lists by index, and a
later value wins. A planner therefore never selects, under a key, what must not be overwritten there.
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
    """A path element that lets pass only objects whose `__typename` is one of `possible`."""

    possible: frozenset[str]


PathElement: TypeAlias = str | Each | TypeCondition
Path: TypeAlias = tuple[PathElement, ...]
"""Where objects stand in the collected data: source keys, `Each.ITEM` per list level, type conditions."""


@dataclass(frozen=True, slots=True, order=True)
class Condition:
    """Holds when the Boolean variable has the expected value (`@include`: True, `@skip`: False)."""

    variable: str
    expected: bool


Conditions: TypeAlias = tuple[tuple[Condition, ...], ...]
"""Alternatives of conjunctions; the empty tuple is "always"."""

Reserved: TypeAlias = tuple[tuple[str, Conditions], ...]
"""Response keys of fields that come later, each with the conditions under which it already stands here: a
client may write a field twice and have the first one skipped."""


@dataclass(frozen=True, slots=True)
class RepresentationField:
    """One field of a representation: read under `source` from the collected data, sent as `name`."""

    name: str
    source: str
    selections: tuple[RepresentationSelection, ...] = ()
    nullable: bool = False
    """A null here is sent as it is (a nullable `@requires` field); otherwise it keeps the object out."""


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
    """What is read there: of each object one field, down to the value."""


@dataclass(frozen=True, slots=True)
class ContextualVariable:
    """A variable of an operation that takes, for each entity, the value of a context (`@fromContext`)."""

    name: str
    """Without `$`; unique within the fetch."""
    type: str
    """As declared: GraphQL text. An object joins with a null only where that is nullable."""
    sources: tuple[ContextSource, ...]
    """The first that is there counts; a value that was never fetched keeps the object out."""


@dataclass(frozen=True, slots=True)
class EntityTarget:
    """One `_entities` field of an entity fetch, and the objects it completes.

    An object joins when a path reaches it and every field of `representation` is there and, unless
    `nullable`, not null; otherwise it stays as it is, without an error.
    """

    response_key: str
    """The alias of this `_entities` field in the operation: unique within the fetch."""
    variable: str
    """The operation's variable, without `$`, that takes the list of representations."""
    paths: tuple[Path, ...]
    representation: tuple[RepresentationSelection, ...]
    """`__typename` included, as its first field."""
    typenames: Mapping[str, str] = field(default_factory=dict)
    """Concrete type name → the name to send instead (an `@interfaceObject` knows only its interface).

    An object read from an `@interfaceObject` carries the interface's name as its `__typename` until its owner
    was asked.
    """
    conditions: Conditions = ()
    contextual: tuple[ContextualVariable, ...] = ()
    """Objects that differ in these values are asked for apart, by `_entities` fields of their own."""
    selection: str = ""
    """What is selected of its entities, without braces; only in a fetch that has contextual targets."""


@dataclass(frozen=True, slots=True)
class RootFetch:
    """One subgraph operation on root fields; its data are merged at `path`, usually the root."""

    subgraph: str
    kind: OperationKind
    operation: str
    variables: tuple[str, ...] = ()
    """Names of the client's variables that the operation uses."""
    path: Path = ()
    operation_name: str | None = None


@dataclass(frozen=True, slots=True)
class EntityFetch:
    """One subgraph operation made of `_entities` fields; skipped when no object joins any of its targets."""

    subgraph: str
    operation: str
    targets: tuple[EntityTarget, ...]
    variables: tuple[str, ...] = ()
    operation_name: str | None = None
    declarations: tuple[str, ...] = ()
    """Of `variables`, as in the operation; only with contextual targets, for which it may be written anew."""

    @property
    def is_contextual(self) -> bool:
        """Whether the operation depends on how many different values of a context there are."""
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
    """A source stream, and what completes each of its events."""

    source: RootFetch
    rest: PlanNode | None


PlanNode: TypeAlias = RootFetch | EntityFetch | Sequence | Parallel | Conditional | Subscribe


@dataclass(frozen=True, slots=True)
class ResponseField:
    """One field of the answer: taken from `source` in the collected data, given as `response_key`."""

    response_key: str
    source: str
    name: str
    """The field's name in the schema; `__typename`, `__schema` and `__type` included."""
    type: GraphQLOutputType
    """Its type in the API schema: decides null propagation, enum values and leaf checks."""
    selection: ResponseSelection | None = None
    conditions: Conditions = ()
    reserves: Reserved = ()
    """Places in the answer just before this field; whoever fills them has conditions that hold as well."""


@dataclass(frozen=True, slots=True)
class ResponseSelection:
    """The fields of the answer per concrete object type, in the client's order; any other yields `{}`."""

    by_type: Mapping[str, tuple[ResponseField, ...]]
    deferred: Mapping[str, tuple[DeferredHere, ...]] = field(default_factory=dict)
    """Per object type the deferred fragments that stand here."""


@dataclass(frozen=True, slots=True)
class Deferral:
    """One `@defer` of the operation."""

    variable: str
    """Its name in `Conditions`: no client's variable is called so. True once its fields are delivered."""
    label: str | None = None
    condition: str | None = None
    """The client's variable that `if` names; when that is false nothing is put off."""


@dataclass(frozen=True, slots=True)
class DeferredHere:
    """A deferred fragment at one place of the answer, and when it is there."""

    variable: str
    conditions: Conditions = ()


@dataclass(frozen=True, slots=True)
class DeferredFetches:
    """What has to be fetched for deferred fragments only, in answer to these conditions of theirs."""

    when: Conditions
    node: PlanNode
    after: tuple[Conditions, ...] = ()
    """The other such groups that must be done before; the empty conditions stand for the plan's own node."""


@dataclass(frozen=True, slots=True)
class QueryPlan:
    """All the executor needs: what to fetch (nothing, for pure introspection) and how to shape the answer."""

    kind: OperationKind
    node: PlanNode | None
    root_type: str
    response: ResponseSelection
    deferrals: tuple[Deferral, ...] = ()
    deferred: tuple[DeferredFetches, ...] = ()
    """Beside `node`; each runs when its conditions hold."""
