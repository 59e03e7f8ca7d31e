"""From the fetch graph to fetch groups: one group for each node, its selection as text.

Owns the translation only; `optimise` merges the groups.
"""

from __future__ import annotations

from collections.abc import Sequence

from marquee_router.planning.active_graph import ActiveGraph
from marquee_router.planning.candidates.candidate import FetchEntry
from marquee_router.planning.conditions import ALWAYS
from marquee_router.planning.fetch_groups.context_variables import (
    ContextNames,
    context_names,
    contextual_variables,
    free_prefix,
)
from marquee_router.planning.fetch_groups.fetch_group import EntityList, FetchGroup
from marquee_router.planning.fetch_groups.fetch_node import FetchNode
from marquee_router.planning.fetch_groups.representation import representation
from marquee_router.planning.fetch_groups.selection_text import SelectionPrinter
from marquee_router.planning.operation import NormalizedOperation
from marquee_router.planning.plan import OperationKind


def group_fetches(
    nodes: Sequence[FetchNode], operation: NormalizedOperation, graph: ActiveGraph
) -> list[FetchGroup]:
    """One fetch group for each node, in the same order; each node must come after all that it needs."""
    found: dict[FetchNode, FetchGroup] = {}
    prefix = free_prefix(operation) if any(node.candidate.contexts for node in nodes) else ""
    for node in nodes:
        conditions = node.conditions if node.conditions is not None else ALWAYS
        contexts = context_names(node.candidate, prefix)
        printer = SelectionPrinter(graph, conditions, contexts)
        group = FetchGroup(
            subgraph=node.candidate.subgraph,
            kind=OperationKind.QUERY,
            conditions=conditions,
            variables=printer.variables,
            deferral=node.deferral,
        )
        entry = node.chosen.entry
        if entry is None or entry.edge is None:
            group.kind = operation.kind if entry is None else OperationKind.QUERY
            group.selection = printer.fields(node.tree)
            group.path = node.candidate.path
        else:
            entities = _entity_list(node, entry, entry.edge.typename, printer, contexts)
            group.entity_lists.append(entities)
        group.needs.update(found[need] for need in node.needs if need in found)
        found[node] = group
    return list(found.values())


def _entity_list(
    node: FetchNode, entry: FetchEntry, typename: str, printer: SelectionPrinter, contexts: ContextNames
) -> EntityList:
    candidate, graph = node.candidate, printer.graph
    # A subgraph with an `@interfaceObject` knows no concrete types: each is sent under the interface's name.
    is_renamed = typename not in candidate.types and not graph.knows_types(candidate.node)
    return EntityList(
        paths=[candidate.path],
        representation=representation(entry, candidate.types, graph.supergraph),
        typenames=dict.fromkeys(sorted(candidate.types), typename) if is_renamed else {},
        fragments=printer.fragments(node.tree, candidate.types),
        conditions=node.conditions if node.conditions is not None else ALWAYS,
        context_variables=contextual_variables(candidate, contexts, graph.supergraph),
    )
