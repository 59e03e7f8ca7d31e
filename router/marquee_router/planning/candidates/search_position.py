"""The position of the candidate search, what it returns, and how its parts call one another.

Owns records only. The search is recursive: a field leads to a selection set, whose fields lead to entity
fetches, whose keys are fields again. So the parts call the whole search, by a `CandidateReader`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from marquee_router.planning.active_graph import ActiveGraph
from marquee_router.planning.candidates.candidate import CandidatePath, FieldCandidates
from marquee_router.planning.candidates.search_budget import SearchBudget
from marquee_router.planning.operation import NormalizedField, NormalizedSelection
from marquee_router.planning.plan import Path, TypeCondition
from marquee_router.planning.response_tree import ResponseNode
from marquee_schema.query_graph import FieldEdge

Resolving: TypeAlias = frozenset[tuple[object, ...]]
"""The fields whose `@requires` are being resolved: what one requires must not lead back to it.

In `a: Int @requires(fields: "b")` and `b: Int @requires(fields: "a")` neither can be read through the other.
"""


@dataclass(frozen=True, slots=True, eq=False)
class SearchPosition:
    """Objects at one response path, of some types, and the candidate paths by which they arrive."""

    response: ResponseNode
    path: Path
    subject: str
    """The type whose fields and keys are looked up: one of `types`, which are alike, or the interface where
    only an `@interfaceObject` is known."""
    types: frozenset[str]
    arrivals: tuple[CandidatePath, ...]
    parent: SearchPosition | None = None
    """The objects whose field these are: where contexts are looked for."""
    may_fetch_entities: bool = True
    """False while keys are looked for: a key may use only what earlier rounds made readable."""


class FieldRead(NamedTuple):
    """A candidate path, and the edge of the query graph by which a field is read on it."""

    path: CandidatePath
    edge: FieldEdge


class RequestedField(NamedTuple):
    """A field of a selection set, and the object types on which it is selected."""

    field: NormalizedField
    types: frozenset[str]


@dataclass(frozen=True, slots=True)
class Unreachable:
    """No subgraph can read a field here. Only the root of the search makes an error of it."""

    reason: str
    path: tuple[str, ...]
    """Response keys that lead to the field."""


Candidates: TypeAlias = list[FieldCandidates] | Unreachable
"""What must be read for a field, a field set or a selection set, in the order in which it was found."""


class CandidateReader:
    """The whole search, as its parts see it; `CandidateSearch` binds it once it has made them.

    These are bound methods, not methods that delegate: the search recurses through them, and an operation may
    be nested more than a hundred levels deep.
    """

    __slots__ = ("reachable_paths", "read_field", "read_selection")

    read_field: Callable[[SearchPosition, NormalizedField, Resolving], Candidates]
    """The candidates of a field and of all that is selected below it."""
    read_selection: Callable[[SearchPosition, NormalizedSelection, Resolving], Candidates]
    """The candidates of a selection set on all objects of a position."""
    reachable_paths: Callable[[SearchPosition], tuple[CandidatePath, ...]]
    """The arrivals, and every candidate path by an entity fetch from them."""


@dataclass(frozen=True, slots=True)
class SearchContext:
    """What all parts of one search share."""

    graph: ActiveGraph
    budget: SearchBudget

    def narrow(
        self,
        position: SearchPosition,
        subject: str,
        types: frozenset[str],
        arrivals: tuple[CandidatePath, ...],
        *,
        typed_path: bool = False,
        may_fetch_entities: bool | None = None,
    ) -> SearchPosition:
        """The position of some of the objects, looked up as `subject`; counts as one way.

        With `typed_path` a type condition ends its path, so that fetches from it leave out other objects.
        """
        self.budget.charge(1)
        path = (*position.path, TypeCondition(types)) if typed_path else position.path
        may_fetch = position.may_fetch_entities if may_fetch_entities is None else may_fetch_entities
        return SearchPosition(position.response, path, subject, types, arrivals, position.parent, may_fetch)


def response_keys(path: Path) -> tuple[str, ...]:
    """The keys of a response path, without list levels and type conditions."""
    return tuple(element for element in path if isinstance(element, str))
