"""Records of the candidate search: candidate paths, the fetches behind them, the fields they can read.

Owns records only. Everything here is a possibility: a candidate fetch becomes part of the plan only when the
choice takes a candidate path that leads through it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from marquee_router.planning.active_graph import ActiveGraph
from marquee_router.planning.candidates.context_value import ContextValue
from marquee_router.planning.operation import NormalizedField, NormalizedSelection
from marquee_router.planning.plan import Conditions, Path
from marquee_router.planning.response_tree import ResponseNode
from marquee_schema.field_set import FieldSet
from marquee_schema.query_graph import EntityEdge, Node

FetchIdentity: TypeAlias = tuple[object, ...]
"""Equal for candidate fetches that are the same fetch, found from different fields."""


@dataclass(slots=True, eq=False)
class FieldCandidates:
    """A field that must be read, and the candidate paths on which it can be read.

    `field` is None when only the objects themselves must be known: which there are, and of which types.
    """

    response: ResponseNode
    types: frozenset[str]
    field: NormalizedField | None
    paths: tuple[CandidatePath, ...]
    whole: bool = False
    """True if everything that is selected below the field is read in the same fetch."""
    conditions: Conditions = ()
    """When the objects themselves must be known; a field has conditions of its own."""


@dataclass(slots=True, eq=False)
class FetchEntry:
    """One way into a fetch: what must be read before it, and what of that is sent as a representation."""

    inputs: tuple[FieldCandidates, ...]
    edge: EntityEdge | None = None
    """The key by which the entity is sent; None where a subgraph is entered by its own root fields."""
    key: NormalizedSelection | None = None
    required: NormalizedSelection | None = None
    """What a field with `@requires` is sent beside the key."""


@dataclass(slots=True, eq=False)
class CandidateFetch:
    """A fetch that could be made: root fields of a subgraph, or entities of some types at a response path."""

    identity: FetchIdentity
    node: Node
    response: ResponseNode
    path: Path
    types: frozenset[str]
    stage: int
    """The earliest serial step in which it can run; 0 for the root fields of the operation."""
    entries: list[FetchEntry] = field(default_factory=list)
    """Empty for the root fields of the operation, which need nothing."""
    requires: FieldSet = ()
    contexts: tuple[ContextValue, ...] = ()
    """One for each variable that takes the value of a context."""

    @property
    def subgraph(self) -> str:
        """The subgraph that answers it."""
        return self.node.subgraph


@dataclass(frozen=True, slots=True, eq=False)
class FieldOrigin:
    """The field of a parent object, on some of its types, whose value the objects are."""

    parent: CandidatePath
    field: NormalizedField
    types: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class CandidatePath:
    """One way to have the objects at a response path: in one subgraph, by one fetch and fields below it."""

    response: ResponseNode
    node: Node
    fetch: CandidateFetch
    types: frozenset[str]
    """The object types that can arrive this way."""
    typed: bool
    """False where the subgraph knows an `@interfaceObject`, which cannot resolve `__typename`."""
    origin: FieldOrigin | None = None
    """None for the very objects that are fetched."""
    hides_typename: bool = False
    """True if another fetch reads the concrete type, which the interface's name must not overwrite."""

    @property
    def stage(self) -> int:
        """The earliest serial step in which the objects are known."""
        return self.fetch.stage


def path_below(origin: FieldOrigin, head: Node, graph: ActiveGraph) -> CandidatePath:
    """The candidate path to the values of a field, by the fetch of its parent; `head` is their node."""
    return CandidatePath(
        response=origin.parent.response.child(origin.field.source),
        node=head,
        fetch=origin.parent.fetch,
        types=graph.possible_types(head),
        typed=graph.knows_types(head),
        origin=origin,
    )
