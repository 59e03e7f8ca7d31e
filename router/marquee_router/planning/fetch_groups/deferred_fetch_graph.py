"""The fetch graph of an operation with `@defer`: what the first answer needs, and what only fragments need.

Owns the split of nodes by the deferred fragments they serve: a chosen fetch becomes one node for each set of
fragments. What cannot be split is fetched for the first answer, and only shown later.
"""

from __future__ import annotations

from marquee_router.planning.active_graph import ActiveGraph
from marquee_router.planning.candidates.candidate import CandidatePath, FetchIdentity
from marquee_router.planning.choice.choose import Choice
from marquee_router.planning.choice.chosen_fetches import ChosenRead
from marquee_router.planning.conditions import ALWAYS, widened
from marquee_router.planning.deferral import implies
from marquee_router.planning.fetch_groups.deferred_reads import (
    DeferredReads,
    deferral_of_path,
    deferral_of_read,
)
from marquee_router.planning.fetch_groups.entity_refetch import EntityRefetch
from marquee_router.planning.fetch_groups.fetch_node import FetchNode, new_node
from marquee_router.planning.fetch_groups.node_selections import NodeSelections, client_conditions
from marquee_router.planning.plan import Conditions
from marquee_router.planning.source_keys import TYPENAME


def build_deferred_fetch_graph(choice: Choice, graph: ActiveGraph, max_fields: int) -> list[FetchNode]:
    """The nodes, each after all that it needs; nodes in which nothing is selected are left out.

    Raises `TooComplexError` when more than `max_fields` fields are selected.
    """
    reads: dict[Conditions, list[ChosenRead]] = {ALWAYS: []}
    deferred_reads = DeferredReads(graph)
    for whole in choice.reads:
        for read in deferred_reads.split(whole):
            reads.setdefault(deferral_of_read(read.candidates), []).append(read)
    building = _DeferredFetchGraph(choice, graph, max_fields)
    for deferral in sorted(reads, key=_by_strength):
        building.add(deferral, reads[deferral])
    return building.nodes()


class _DeferredFetchGraph:
    """Grows deferral by deferral, the first answer first: later ones may use what it fetches."""

    def __init__(self, choice: Choice, graph: ActiveGraph, max_fields: int) -> None:
        self._selections = NodeSelections(graph, max_fields)
        self._refetch = EntityRefetch(graph)
        self._chosen = {chosen.candidate.identity: chosen for chosen in choice.fetches}
        self._nodes: dict[FetchIdentity, list[FetchNode]] = {}
        """For each chosen fetch one node for each deferral."""

    def add(self, deferral: Conditions, reads: list[ChosenRead]) -> None:
        """Select what the deferred fragments read, and then what their nodes need, the last nodes first."""
        for read in reads:
            self._select(deferral, read)
        done: set[FetchNode] = set()
        while True:
            open_ = [
                node
                for nodes in self._nodes.values()
                for node in nodes
                if node.deferral == deferral and node.conditions is not None and node not in done
            ]
            if not open_:
                return
            # Latest first, and looked for anew each time: providing may add nodes of the same fragments.
            node = max(open_, key=lambda each: each.chosen.stage)
            done.add(node)
            conditions = node.conditions if node.conditions is not None else ALWAYS
            for read in node.chosen.inputs:
                provider = self._serving_node(read.path, deferral, conditions)
                self._selections.provide(node, provider, read, conditions)

    def nodes(self) -> list[FetchNode]:
        """All nodes in which something is selected, each after what it needs."""
        used = [node for nodes in self._nodes.values() for node in nodes if node.conditions is not None]
        return sorted(used, key=lambda node: node.chosen.stage)

    def _select(self, deferral: Conditions, read: ChosenRead) -> None:
        conditions = client_conditions(read)
        if read.path.origin is None:
            self._selections.select(self._node(read.path.fetch.identity, deferral), read, conditions)
            return
        node = self._serving_node(read.path, deferral, conditions)
        field = read.candidates.field
        if node.deferral != deferral and field is not None and field.name != TYPENAME:
            refetch = self._refetch.find(node, read, deferral)
            if refetch is not None:
                identity = refetch.chosen.candidate.identity
                self._chosen[identity] = refetch.chosen
                node = self._node(identity, deferral)
                read = ChosenRead(read.candidates, refetch.path)
        self._selections.select(node, read, conditions)

    def _serving_node(self, path: CandidatePath, deferral: Conditions, conditions: Conditions) -> FetchNode:
        """The node in which something at the end of the path is selected for the deferred fragments.

        An earlier node that fetches the object anyway, if it need not run more often for that; else one of
        the fragments' own.
        """
        identity = path.fetch.identity
        least = deferral_of_path(path)
        for node in self._nodes.get(identity, ()):
            if (
                node.conditions is None
                or not implies(deferral, node.deferral)
                or not implies(node.deferral, least)
            ):
                continue
            # An object that is fetched for itself would be fetched more often if the conditions grew.
            if path.origin is not None or widened(node.conditions, conditions) == node.conditions:
                return node
        return self._node(identity, deferral)

    def _node(self, identity: FetchIdentity, deferral: Conditions) -> FetchNode:
        nodes = self._nodes.setdefault(identity, [])
        for node in nodes:
            if node.deferral == deferral:
                return node
        made = new_node(self._chosen[identity], deferral)
        nodes.append(made)
        return made


def _by_strength(deferral: Conditions) -> tuple[int, int, Conditions]:
    """Sorts weaker conditions before those that imply them."""
    return (min(map(len, deferral), default=0), -len(deferral), deferral)
