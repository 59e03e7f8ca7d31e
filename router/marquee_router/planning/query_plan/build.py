"""The query plan of an operation: its fetches in order, and the shape of the answer.

Owns what each kind of operation makes of its fetch groups. Never changes which fetches there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import assert_never

from marquee_router.planning.errors import FetchGraphError
from marquee_router.planning.fetch_groups.fetch_group import FetchGroup
from marquee_router.planning.operation import NormalizedOperation, Variable
from marquee_router.planning.plan import (
    Conditions,
    DeferredFetches,
    OperationKind,
    PlanNode,
    QueryPlan,
    RootFetch,
    Subscribe,
)
from marquee_router.planning.plan import Sequence as SequenceNode
from marquee_router.planning.query_plan.plan_nodes import arrange, in_sequence
from marquee_router.planning.query_plan.response_shape import response_selection
from marquee_schema.supergraph import Supergraph


def build_query_plan(
    operation: NormalizedOperation, steps: list[list[FetchGroup]], supergraph: Supergraph
) -> QueryPlan:
    """The plan of an operation whose steps run one after another. Raises `FetchGraphError`."""
    immediate = [[group for group in step if not group.deferral] for step in steps]
    deferred = [group for step in steps for group in step if group.deferral]
    node = in_sequence([arrange(step, operation.variables) for step in immediate])
    return QueryPlan(
        kind=operation.kind,
        node=_root_node(operation.kind, node),
        root_type=operation.root_type,
        response=response_selection(operation, supergraph),
        deferrals=operation.deferrals,
        deferred=_deferred_fetches(deferred, operation.variables),
    )


def _root_node(kind: OperationKind, node: PlanNode | None) -> PlanNode | None:
    match kind:
        case OperationKind.QUERY | OperationKind.MUTATION:
            return node
        case OperationKind.SUBSCRIPTION:
            return _subscription(node) if node is not None else None
        case _:
            assert_never(kind)


def _subscription(node: PlanNode) -> Subscribe:
    """The first fetch is the source stream; the others complete each event."""
    first, rest = (node.nodes[0], node.nodes[1:]) if isinstance(node, SequenceNode) else (node, ())
    if not isinstance(first, RootFetch):
        raise FetchGraphError("A subscription must begin with one unconditional field")
    return Subscribe(first, in_sequence(rest))


def _deferred_fetches(
    groups: Sequence[FetchGroup], variables: Mapping[str, Variable]
) -> tuple[DeferredFetches, ...]:
    """The fetches that only deferred fragments need, those for the same fragments together."""
    by_deferral: dict[Conditions, list[FetchGroup]] = {}
    for group in groups:
        by_deferral.setdefault(group.deferral, []).append(group)
    found: list[DeferredFetches] = []
    for deferral, same in by_deferral.items():
        after = {need.deferral for group in same for need in group.needs} - {deferral}
        node = arrange(same, variables)
        if node is not None:
            found.append(DeferredFetches(deferral, node, tuple(sorted(after))))
    return tuple(found)
