"""What the walk finds: ways to have an object in a subgraph, the fetches behind them, the fields to read.

Owns records only. Everything here is potential: the search chooses, and only what it chose becomes a fetch.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from marquee_router.planning.operation import NormalizedField, NormalizedSelection
from marquee_router.planning.plan import Conditions, Path
from marquee_router.planning.response_position import ResponsePosition
from marquee_schema.field_set import FieldSet
from marquee_schema.query_graph import EntityEdge, Node
from marquee_schema.supergraph import ContextArgument

FetchIdentity: TypeAlias = tuple[object, ...]


@dataclass(slots=True, eq=False)
class FieldCandidates:
    """A field that must be read, and the accesses that could read it (`field` None: the object itself).

    When `whole`, all that is asked for below the field is read with it.
    """

    place: ResponsePosition
    types: frozenset[str]
    field: NormalizedField | None
    options: tuple[CandidatePath, ...]
    whole: bool = False
    conditions: Conditions = ()
    """When the object itself must be read; a field brings its own."""


@dataclass(frozen=True, slots=True, eq=False)
class ContextSetter:
    """Objects on the way to an entity that set a context, and what is read of them."""

    path: Path
    types: frozenset[str]
    is_everyone: bool
    """Whether all objects at the path are of these types."""
    selection: NormalizedSelection


@dataclass(frozen=True, slots=True, eq=False)
class ContextValue:
    """What fills an argument from a context, and where that may be set, nearest first."""

    argument: ContextArgument
    setters: tuple[ContextSetter, ...]

    @property
    def key(self) -> tuple[str, str, str]:
        """Equal for arguments of one type that are filled alike."""
        return context_key(self.argument)


def context_key(argument: ContextArgument) -> tuple[str, str, str]:
    """Equal for arguments that one variable can fill."""
    return (argument.context, argument.selection, argument.type)


@dataclass(slots=True, eq=False)
class FetchEntry:
    """One way into a fetch: what must have been read before, and what of it is sent."""

    units: tuple[FieldCandidates, ...]
    edge: EntityEdge | None = None
    key: NormalizedSelection | None = None
    required: NormalizedSelection | None = None


@dataclass(slots=True, eq=False)
class CandidateFetch:
    """A fetch that could be made: root fields of a subgraph, or entities of some types at some path.

    Two points of equal `identity` are the same fetch, found on different walks.
    """

    identity: FetchIdentity
    node: Node
    place: ResponsePosition
    path: Path
    types: frozenset[str]
    stage: int
    """The earliest serial step in which it can run."""
    alternatives: list[FetchEntry] = field(default_factory=list)
    """Empty for the operation's own root fields."""
    requires: FieldSet = ()
    contexts: tuple[ContextValue, ...] = ()
    """One per variable that contexts fill."""

    @property
    def subgraph(self) -> str:
        """Where it is fetched."""
        return self.node.subgraph


@dataclass(frozen=True, slots=True, eq=False)
class FieldOrigin:
    """The object was read as the value of a field of another object, on some of its types."""

    parent: CandidatePath
    field: NormalizedField
    types: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class CandidatePath:
    """An object at a place, had in a subgraph through one fetch."""

    place: ResponsePosition
    node: Node
    fetch: CandidateFetch
    types: frozenset[str]
    """The object types that may arrive this way."""
    typed: bool
    """False where only an `@interfaceObject` is known, which cannot say its own type."""
    origin: FieldOrigin | None = None
    """None when it is the very object that is fetched."""
    anonymous: bool = False
    """True where another fetch writes the object's own type, which an interface's name must not replace."""

    @property
    def stage(self) -> int:
        """The earliest serial step in which the object is had."""
        return self.fetch.stage
