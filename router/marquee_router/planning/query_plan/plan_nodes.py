"""The order of fetches: what runs one after another, and what at the same time.

Owns the nesting of sequences and parallels.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from marquee_router.planning.errors import FetchGraphError
from marquee_router.planning.fetch_groups.fetch_group import FetchGroup
from marquee_router.planning.operation import Variable
from marquee_router.planning.plan import Parallel, PlanNode
from marquee_router.planning.plan import Sequence as SequenceNode
from marquee_router.planning.query_plan.subgraph_operations import fetch_node


def arrange(groups: Sequence[FetchGroup], variables: Mapping[str, Variable]) -> PlanNode | None:
    """The plan node of fetch groups, each after those that it needs; None when there are none."""
    nodes = {group: fetch_node(group, variables) for group in groups}
    return _in_parallel([_arrange_component(part, nodes) for part in _components(list(groups))])


def in_sequence(nodes: Sequence[PlanNode | None]) -> PlanNode | None:
    """The nodes one after another."""
    found: list[PlanNode] = []
    for node in nodes:
        if isinstance(node, SequenceNode):
            found.extend(node.nodes)
        elif node is not None:
            found.append(node)
    if len(found) < 2:
        return found[0] if found else None
    return SequenceNode(tuple(found))


def _arrange_component(groups: list[FetchGroup], nodes: Mapping[FetchGroup, PlanNode]) -> PlanNode:
    """First what needs nothing; the rest, where it falls apart, in parts that run at the same time.

    With B after A, and C and D after B: `A, then B, then C and D`. With B after A, D after C, and E after A
    and C: `A and C, then B and D and E`.
    """
    steps: list[PlanNode | None] = []
    remaining = groups
    while remaining:
        inside = set(remaining)
        ready = [group for group in remaining if not group.needs & inside]
        if not ready:
            raise FetchGraphError("The fetches wait for one another")
        steps.append(_in_parallel([nodes[group] for group in ready]))
        done = set(ready)
        remaining = [group for group in remaining if group not in done]
        # Parts that do not need each other need not wait for each other's steps.
        parts = _components(remaining)
        if len(parts) > 1:
            steps.append(_in_parallel([_arrange_component(part, nodes) for part in parts]))
            break
    node = in_sequence(steps)
    if node is None:
        raise FetchGraphError("There is nothing to fetch")
    return node


def _in_parallel(nodes: Sequence[PlanNode]) -> PlanNode | None:
    if len(nodes) < 2:
        return nodes[0] if nodes else None
    found: list[PlanNode] = []
    for node in nodes:
        found.extend(node.nodes if isinstance(node, Parallel) else (node,))
    return Parallel(tuple(found))


def _components(groups: list[FetchGroup]) -> list[list[FetchGroup]]:
    """Parts of which none needs a group of another, in order of their first group."""
    inside = set(groups)
    neighbours: dict[FetchGroup, list[FetchGroup]] = {group: [] for group in groups}
    for group in groups:
        for need in group.needs & inside:
            neighbours[group].append(need)
            neighbours[need].append(group)
    part_of: dict[FetchGroup, int] = {}
    for index, group in enumerate(groups):
        stack = [group]
        while stack:
            current = stack.pop()
            if current not in part_of:
                part_of[current] = index
                stack.extend(neighbours[current])
    parts: dict[int, list[FetchGroup]] = {}
    for group in groups:
        parts.setdefault(part_of[group], []).append(group)
    return list(parts.values())
