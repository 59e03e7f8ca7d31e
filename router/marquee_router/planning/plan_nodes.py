"""Last stage: from fetches to plan nodes, with their operations as text.

Owns the nesting of sequences and parallels, and the writing of whole operations: variables declared as the
client declared them, only those in use. Never changes which fetches there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from marquee_router.planning.errors import FetchGraphError
from marquee_router.planning.fetch_groups.context_variables import rename
from marquee_router.planning.fetch_groups.fetch_group import EntityList, FetchGroup
from marquee_router.planning.operation import Variable
from marquee_router.planning.plan import (
    Conditional,
    Conditions,
    DeferredFetches,
    EntityFetch,
    EntityTarget,
    OperationKind,
    Parallel,
    PlanNode,
    RootFetch,
)
from marquee_router.planning.plan import Sequence as SequenceNode


def assemble(fetches: Sequence[FetchGroup], variables: Mapping[str, Variable]) -> PlanNode | None:
    """The plan node of all fetches; None when there are none."""
    nodes = {fetch: _fetch_node(fetch, variables) for fetch in fetches}
    return _arrange(list(fetches), nodes)


def assemble_deferred(
    fetches: Sequence[FetchGroup], variables: Mapping[str, Variable]
) -> tuple[DeferredFetches, ...]:
    """The plan nodes of those fetches that serve deferred fragments only, in groups that run together."""
    groups: dict[Conditions, list[FetchGroup]] = {}
    for fetch in fetches:
        if fetch.delay:
            groups.setdefault(fetch.delay, []).append(fetch)
    found: list[DeferredFetches] = []
    for delay, same in groups.items():
        after = {need.delay for fetch in same for need in fetch.needs} - {delay}
        node = assemble(same, variables)
        if node is not None:
            found.append(DeferredFetches(delay, node, tuple(sorted(after))))
    return tuple(found)


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


def _arrange(fetches: list[FetchGroup], nodes: Mapping[FetchGroup, PlanNode]) -> PlanNode | None:
    """Independent groups in parallel; within a group, what waits for nothing goes first."""
    groups = [_arrange_group(group, nodes) for group in _components(fetches)]
    return _in_parallel(groups)


def _arrange_group(group: list[FetchGroup], nodes: Mapping[FetchGroup, PlanNode]) -> PlanNode:
    steps: list[PlanNode | None] = []
    remaining = group
    while remaining:
        inside = set(remaining)
        ready = [fetch for fetch in remaining if not fetch.needs & inside]
        if not ready:
            raise FetchGraphError("The fetches wait for one another")
        steps.append(_in_parallel([nodes[fetch] for fetch in ready]))
        done = set(ready)
        remaining = [fetch for fetch in remaining if fetch not in done]
        parts = _components(remaining)
        if len(parts) > 1:
            steps.append(_in_parallel([_arrange_group(part, nodes) for part in parts]))
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


def _components(fetches: list[FetchGroup]) -> list[list[FetchGroup]]:
    """Groups that do not wait for one another, in order of their first fetch."""
    inside = set(fetches)
    neighbours: dict[FetchGroup, list[FetchGroup]] = {fetch: [] for fetch in fetches}
    for fetch in fetches:
        for need in fetch.needs & inside:
            neighbours[fetch].append(need)
            neighbours[need].append(fetch)
    group_of: dict[FetchGroup, int] = {}
    for index, fetch in enumerate(fetches):
        stack = [fetch]
        while stack:
            current = stack.pop()
            if current not in group_of:
                group_of[current] = index
                stack.extend(neighbours[current])
    groups: dict[int, list[FetchGroup]] = {}
    for fetch in fetches:
        groups.setdefault(group_of[fetch], []).append(fetch)
    return list(groups.values())


def _fetch_node(fetch: FetchGroup, variables: Mapping[str, Variable]) -> PlanNode:
    used = tuple(sorted(fetch.variables & variables.keys()))
    if fetch.is_entity_fetch:
        return _entity_fetch(fetch, used, variables)
    declared = ",".join(f"${name}:{variables[name].declaration}" for name in used)
    head = f"{fetch.kind}({declared})" if declared else fetch.kind.value
    short = head == "query"
    root = RootFetch(
        subgraph=fetch.subgraph,
        kind=fetch.kind,
        operation=f"{'' if short else head}{{{fetch.selection}}}",
        variables=used,
        path=fetch.path,
    )
    return Conditional(fetch.conditions, root) if fetch.conditions else root


def _entity_fetch(fetch: FetchGroup, used: tuple[str, ...], variables: Mapping[str, Variable]) -> EntityFetch:
    targets: list[EntityTarget] = []
    declared: list[str] = []
    fields: list[str] = []
    alone = len(fetch.targets) == 1
    is_contextual = any(target.contextual for target in fetch.targets)
    for index, target in enumerate(fetch.targets):
        key = "_entities" if alone else f"e{index}"
        variable = _free_name("representations" if alone else f"r{index}", used)
        declared.append(f"${variable}:[_Any!]!")
        alias = "" if alone else f"{key}:"
        selection = "".join(target.fragments)
        if target.contextual:
            names = {each.name: f"{each.name}_{index}" for each in target.contextual}
            selection = rename(selection, names)
            declared.extend(f"${names[each.name]}:{each.type}" for each in target.contextual)
        fields.append(f"{alias}_entities(representations:${variable}){{{selection}}}")
        told = selection if is_contextual else ""
        targets.append(_entity_target(target, key, variable, told, index))
    own = [f"${name}:{variables[name].declaration}" for name in used]
    declared.extend(own)
    head = f"{OperationKind.QUERY}({','.join(declared)})"
    return EntityFetch(
        subgraph=fetch.subgraph,
        operation=f"{head}{{{' '.join(fields)}}}",
        targets=tuple(targets),
        variables=used,
        declarations=tuple(own) if is_contextual else (),
    )


def _entity_target(target: EntityList, key: str, variable: str, selection: str, index: int) -> EntityTarget:
    return EntityTarget(
        response_key=key,
        variable=variable,
        paths=tuple(target.paths),
        representation=target.representation,
        typenames=target.typenames,
        conditions=target.conditions,
        contextual=tuple(replace(each, name=f"{each.name}_{index}") for each in target.contextual),
        selection=selection,
    )


def _free_name(wanted: str, taken: tuple[str, ...]) -> str:
    while wanted in taken:
        wanted = f"_{wanted}"
    return wanted
