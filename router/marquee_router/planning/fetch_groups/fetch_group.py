"""Fetches as the optimisation passes see them: targets, conditions, and what waits for what.

Owns these records and the measure of serial steps. They change in place while passes run; a plan is made of
them once they are final.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from marquee_router.planning.active_graph import ActiveGraph
from marquee_router.planning.conditions import ALWAYS
from marquee_router.planning.fetch_groups.context_variables import (
    context_names,
    contextual_variables,
    free_prefix,
)
from marquee_router.planning.fetch_groups.fetch_graph import FetchNode
from marquee_router.planning.fetch_groups.representation import representation
from marquee_router.planning.fetch_groups.selection_text import SelectionPrinter
from marquee_router.planning.operation import NormalizedOperation
from marquee_router.planning.plan import (
    Conditions,
    ContextualVariable,
    OperationKind,
    Path,
    RepresentationSelection,
)


@dataclass(slots=True, eq=False)
class EntityList:
    """Entities of a fetch that are sent as one list."""

    paths: list[Path]
    representation: tuple[RepresentationSelection, ...]
    typenames: dict[str, str]
    fragments: tuple[str, ...]
    conditions: Conditions
    contextual: tuple[ContextualVariable, ...] = ()


@dataclass(slots=True, eq=False)
class FetchGroup:
    """One subgraph operation in the making: root fields, or lists of entities."""

    subgraph: str
    kind: OperationKind
    conditions: Conditions
    variables: set[str]
    selection: str = ""
    """Of the root fields; empty for entities."""
    path: Path = ()
    targets: list[EntityList] = field(default_factory=list)
    needs: set[FetchGroup] = field(default_factory=set)
    delay: Conditions = ALWAYS
    """Which deferred fragments it is for: two fetches are merged only where these agree."""

    @property
    def is_entity_fetch(self) -> bool:
        """Whether it asks for entities."""
        return bool(self.targets)


def render(
    nodes: Sequence[FetchNode], operation: NormalizedOperation, graph: ActiveGraph
) -> list[FetchGroup]:
    """The fetches with their selections as text, in the same order."""
    found: dict[int, FetchGroup] = {}
    prefix = free_prefix(operation) if any(node.point.contexts for node in nodes) else ""
    for node in nodes:
        point = node.point
        conditions = node.conditions if node.conditions is not None else ALWAYS
        contexts = context_names(point, prefix)
        printer = SelectionPrinter(graph, conditions, contexts)
        entry = node.chosen.entry
        fetch = FetchGroup(
            point.subgraph, OperationKind.QUERY, conditions, printer.variables, delay=node.delay
        )
        if entry is None or entry.edge is None:
            fetch.kind = operation.kind if entry is None else OperationKind.QUERY
            fetch.selection = printer.fields(node.tree)
            fetch.path = point.path
        else:
            name = entry.edge.typename
            target = EntityList(
                paths=[point.path],
                representation=representation(entry, point.types, graph.supergraph),
                typenames={} if name in point.types else _typenames(node, name, graph),
                fragments=printer.fragments(node.tree, point.types),
                conditions=conditions,
                contextual=contextual_variables(point, contexts, graph.supergraph),
            )
            fetch.targets.append(target)
        fetch.needs.update(found[key] for key in node.needs if key in found)
        found[id(node)] = fetch
    return list(found.values())


def _typenames(node: FetchNode, name: str, graph: ActiveGraph) -> dict[str, str]:
    """Objects are sent under the interface's name to a subgraph that knows only that."""
    if graph.knows_types(node.point.node):
        return {}
    return dict.fromkeys(sorted(node.point.types), name)


def steps(needs: Mapping[FetchGroup, Collection[FetchGroup]]) -> dict[FetchGroup, int]:
    """The serial step of each fetch: one more than the latest it needs. Iterative: chains may be long."""
    found: dict[FetchGroup, int] = {}
    stack = list(needs)
    while stack:
        fetch = stack[-1]
        missing = [need for need in needs[fetch] if need not in found]
        if missing:
            stack.extend(missing)
            continue
        stack.pop()
        found[fetch] = 1 + max((found[need] for need in needs[fetch]), default=-1)
    return found


def needs_of(fetches: Iterable[FetchGroup]) -> dict[FetchGroup, set[FetchGroup]]:
    """What each fetch waits for."""
    return {fetch: fetch.needs for fetch in fetches}
