"""Fourth stage: the graph of the chosen fetches: what each selects, and which must run before which.

Owns the order of selecting; `NodeSelections.provide` records that one node needs another. The last fetches
come first: so each node's conditions are known before what it needs is selected, under these conditions, in
earlier nodes.
"""

from __future__ import annotations

from marquee_router.planning.active_graph import ActiveGraph
from marquee_router.planning.choice.choose import Choice
from marquee_router.planning.conditions import ALWAYS
from marquee_router.planning.fetch_groups.fetch_node import FetchNode, new_node
from marquee_router.planning.fetch_groups.node_selections import NodeSelections, client_conditions


def build_fetch_graph(choice: Choice, graph: ActiveGraph, max_fields: int) -> list[FetchNode]:
    """The nodes, each after all that it needs; nodes in which nothing is selected are left out.

    Raises `TooComplexError` when more than `max_fields` fields are selected.
    """
    selections = NodeSelections(graph, max_fields)
    nodes = {chosen.candidate.identity: new_node(chosen) for chosen in choice.fetches}
    for read in choice.reads:
        selections.select(nodes[read.path.fetch.identity], read, client_conditions(read))
    # Latest first: what a fetch needs is selected under its conditions, so these must be complete by then.
    for node in sorted(nodes.values(), key=lambda node: -node.chosen.stage):
        for read in node.chosen.inputs:
            conditions = node.conditions if node.conditions is not None else ALWAYS
            selections.provide(node, nodes[read.path.fetch.identity], read, conditions)
    used = [node for node in nodes.values() if node.conditions is not None]
    return sorted(used, key=lambda node: node.chosen.stage)
