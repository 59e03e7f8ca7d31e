"""The steps of an operation: root fields of a mutation run one after another, those of a query at once.

Owns the order of root fields, also of one that is written twice, the first time under a condition: then
variables decide when it runs, though never how often.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Protocol

from marquee_router.planning.active_graph import ActiveGraph
from marquee_router.planning.conditions import ALWAYS, both, negation, variables_of, widened
from marquee_router.planning.deferral import before_delivery
from marquee_router.planning.errors import NoPathError
from marquee_router.planning.fetch_groups.fetch_group import FetchGroup
from marquee_router.planning.fetch_groups.selection_syntax import join, with_conditions
from marquee_router.planning.operation import NormalizedField, NormalizedOperation
from marquee_router.planning.plan import Conditions, Deferral, OperationKind

_NO_FETCH = frozenset({"__typename", "__schema", "__type"})
"""Root fields that the router answers itself."""


class StepPlanner(Protocol):
    """Plans some root fields: the stages from candidate paths to optimised fetch groups."""

    def __call__(self, fields: list[NormalizedField], subgraph: str | None = None) -> list[FetchGroup]:
        """The fetch groups of the root fields; only `subgraph`, when given, may answer the root fields."""
        ...


def root_steps(
    operation: NormalizedOperation, graph: ActiveGraph, plan_step: StepPlanner
) -> list[list[FetchGroup]]:
    """The fetch groups of each step; steps run one after another. Raises `PlanningError`."""
    fields = operation.selection.by_type.get(operation.root_type, ())
    fetched = [field for field in fields if field.name not in _NO_FETCH]
    if not fetched:
        return []
    if operation.kind is OperationKind.QUERY:
        return [plan_step(fetched)]
    return _SerialSteps(operation, graph, plan_step).steps(fields)


class _SerialSteps:
    """The steps of a mutation or a subscription."""

    def __init__(self, operation: NormalizedOperation, graph: ActiveGraph, plan_step: StepPlanner) -> None:
        self._operation = operation
        self._graph = graph
        self._plan_step = plan_step

    def steps(self, fields: Iterable[NormalizedField]) -> list[list[FetchGroup]]:
        """Root fields in order, each from one subgraph; neighbours from one subgraph are one step."""
        steps: list[tuple[str, list[NormalizedField]]] = []
        for field in _in_order(fields, self._operation.deferrals):
            if field.name in _NO_FETCH:
                continue  # it may still have reserved the place of a field that is fetched
            subgraph = self._cheapest_subgraph(field)
            # One operation for both, unless they have one key: that would merge into one field.
            if (
                steps
                and steps[-1][0] == subgraph
                and all(other.source != field.source for other in steps[-1][1])
            ):
                steps[-1][1].append(field)
            else:
                steps.append((subgraph, [field]))
        return _join_neighbours(self._plan_step(same, subgraph) for subgraph, same in steps)

    def _cheapest_subgraph(self, field: NormalizedField) -> str:
        """The subgraph that answers the root field with the fewest fetches for all below it."""
        root = self._graph.supergraph.types[self._operation.root_type]
        able = [name for name in root.subgraphs if self._can_begin_in(name, field)]
        if not able:
            message = f'No subgraph can answer "{root.name}.{field.name}"'
            raise NoPathError(message, (field.response_key,))
        if len(able) == 1:
            return able[0]
        costs = {name: len(self._plan_step([field], name)) for name in able}
        return min(costs, key=lambda name: costs[name])

    def _can_begin_in(self, subgraph: str, field: NormalizedField) -> bool:
        nodes = self._graph.query_graph.nodes_of(self._operation.root_type, subgraph)
        return any(self._graph.field_edge(node, field.name) is not None for node in nodes)


def _in_order(
    fields: Iterable[NormalizedField], deferrals: tuple[Deferral, ...]
) -> Iterator[NormalizedField]:
    """The fields, each at every place where it may have to run, under conditions of which one can hold.

    `mutation { a @include(if: $x) b a }` runs `a` first if `$x`, else after `b`.
    """
    listed = list(fields)
    by_key = {field.response_key: field for field in listed}
    remaining: dict[str, Conditions | None] = {}
    for field in listed:
        for key, conditions in field.reserves:
            # `mutation { ... @defer { a } b a }` runs `b` first: the fragment is delivered after both.
            selected = before_delivery(conditions, deferrals)
            if selected is None:
                continue
            here, later = _part(remaining.get(key, ALWAYS), selected)
            remaining[key] = later
            if key in by_key and here is not None:
                yield replace(by_key[key], conditions=here, reserves=())
        before = remaining.get(field.response_key, ALWAYS)
        own = both(before, field.conditions) if before is not None else None
        if before == ALWAYS:
            yield field
        elif own is not None:
            yield replace(field, conditions=own, reserves=())


def _part(
    remaining: Conditions | None, conditions: Conditions
) -> tuple[Conditions | None, Conditions | None]:
    """The part of what remains where `conditions` hold, and the part where they do not."""
    if remaining is None:
        return None, None
    opposite = negation(conditions)
    return both(remaining, conditions), both(remaining, opposite) if opposite is not None else None


def _join_neighbours(steps: Iterable[list[FetchGroup]]) -> list[list[FetchGroup]]:
    """The steps; two neighbours that ask only one subgraph become one request.

    Safe: a subgraph runs root fields of one operation in order. Of two fields with one key, whose conditions
    cannot both hold, only one runs, in its own place.
    """
    found: list[list[FetchGroup]] = []
    for step in steps:
        before = found[-1] if found else []
        if len(before) == 1 and step and _may_join(before[0], step[0]):
            _prepend(before[0], step[0])
            found[-1] = step
        else:
            found.append(step)
    return found


def _may_join(first: FetchGroup, second: FetchGroup) -> bool:
    return (
        first.subgraph == second.subgraph
        and first.kind is second.kind is OperationKind.MUTATION
        and first.deferral == second.deferral
    )


def _prepend(first: FetchGroup, second: FetchGroup) -> None:
    """Put the root fields of the first group before those of the second one."""
    conditions = widened(first.conditions, second.conditions) or ALWAYS
    texts: list[str] = []
    for group in (first, second):
        if group.conditions == conditions:
            texts.append(group.selection)
        else:
            group.variables |= variables_of(group.conditions)
            texts.append(with_conditions(group.selection, group.conditions))
    second.selection = join(texts)
    second.variables |= first.variables
    second.conditions = conditions
