"""Fetch groups: the subgraph operations in the making, as the optimisation passes see them.

Owns the records only. They change in place while passes run; a plan is made of them once they are final.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from marquee_router.planning.conditions import ALWAYS
from marquee_router.planning.plan import (
    Conditions,
    ContextualVariable,
    OperationKind,
    Path,
    RepresentationSelection,
)


class TypeFragment(NamedTuple):
    """What is selected of entities of one type; `selection` is GraphQL text without braces."""

    type_name: str
    selection: str

    @property
    def text(self) -> str:
        """As an inline fragment."""
        return f"...on {self.type_name}{{{self.selection}}}"


@dataclass(slots=True, eq=False)
class EntityList:
    """Entities that are sent as one list of representations, and what is selected of them."""

    paths: list[Path]
    representation: tuple[RepresentationSelection, ...]
    typenames: dict[str, str]
    """Concrete type name → the name that is sent instead, to a subgraph that knows only the interface."""
    fragments: tuple[TypeFragment, ...]
    conditions: Conditions
    context_variables: tuple[ContextualVariable, ...] = ()


@dataclass(slots=True, eq=False)
class FetchGroup:
    """One operation for one subgraph: root fields, or lists of entities."""

    subgraph: str
    kind: OperationKind
    conditions: Conditions
    variables: set[str]
    """Names of the client's variables that the operation uses."""
    selection: str = ""
    """Of the root fields, as GraphQL text without braces; empty for entities."""
    path: Path = ()
    entity_lists: list[EntityList] = field(default_factory=list)
    needs: set[FetchGroup] = field(default_factory=set)
    """The groups that must run before."""
    deferral: Conditions = ALWAYS
    """The deferred fragments it serves: only groups that agree in this are merged."""

    @property
    def is_entity_fetch(self) -> bool:
        """True if it fetches entities, False if root fields."""
        return bool(self.entity_lists)
