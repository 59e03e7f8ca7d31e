"""The planner: from an operation to a query plan, stage after stage.

Owns the order of the stages and the bounds they get; each stage owns its own work. Keeps nothing of an
operation.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from graphql import DocumentNode

from marquee_router.planning.active_graph import ActiveGraph
from marquee_router.planning.candidates.search import CandidateSearch
from marquee_router.planning.choice.choose import choose
from marquee_router.planning.deferral import Deferrals
from marquee_router.planning.errors import FetchGraphError, NoPathError
from marquee_router.planning.fetch_groups.deferred_fetch_graph import DeferredFetchBuilder
from marquee_router.planning.fetch_groups.fetch_graph import FetchGraphBuilder
from marquee_router.planning.fetch_groups.fetch_group import FetchGroup, render
from marquee_router.planning.normalise import NormalisationLimits, normalise
from marquee_router.planning.operation import NormalizedField, NormalizedOperation, NormalizedSelection
from marquee_router.planning.optimise import optimise
from marquee_router.planning.plan import OperationKind, PlanNode, QueryPlan, RootFetch, Sequence, Subscribe
from marquee_router.planning.plan_nodes import assemble, assemble_deferred, in_sequence
from marquee_router.planning.response import response_selection
from marquee_router.planning.response_tree import ResponseNode
from marquee_router.planning.serial_fields import in_order, join_neighbours
from marquee_router.planning.source_keys import Shapes
from marquee_schema.query_graph import QueryGraph
from marquee_schema.supergraph import Supergraph

_NO_FETCH = frozenset({"__typename", "__schema", "__type"})


@dataclass(frozen=True, slots=True)
class PlanningLimits:
    """Bounds on one operation's planning."""

    normalisation: NormalisationLimits = field(default_factory=NormalisationLimits)
    max_ways: int = 20_000
    """Ways looked at to read a field or to enter a subgraph, at each place for each set of types alike: about
    10 µs each, with all that follows from them."""
    max_options: int = 2_000
    """Options tried before the cheapest plan found so far is taken."""
    max_fields: int = 100_000
    """Fields written into subgraph operations."""


class Planner:
    """Plans operations on one supergraph. Safe to share between threads and requests."""

    def __init__(self, supergraph: Supergraph, limits: PlanningLimits | None = None) -> None:
        self.supergraph = supergraph
        self._limits = limits or PlanningLimits()
        self._graph = QueryGraph(supergraph)
        self._shapes = Shapes(supergraph)
        self._resolutions: dict[frozenset[str], dict[tuple[str, str], object]] = {}

    def plan(
        self,
        document: DocumentNode,
        operation_name: str | None = None,
        *,
        override_labels: Iterable[str] = (),
    ) -> QueryPlan:
        """Plan an operation that is valid against the API schema. Raises `PlanningError`."""
        operation = normalise(
            document, operation_name, self.supergraph, self._limits.normalisation, deferrals=Deferrals()
        )
        return self.plan_operation(operation, override_labels=override_labels)

    def plan_operation(
        self,
        operation: NormalizedOperation,
        *,
        override_labels: Iterable[str] = (),
        max_ways: int | None = None,
    ) -> QueryPlan:
        """Plan a normalised operation; `override_labels` are those that are on. Raises `PlanningError`.

        `max_ways`, when given, bounds it more tightly than the planner's own limits.
        """
        labels = frozenset(override_labels) & self.supergraph.override_labels
        graph = ActiveGraph(self._graph, labels, self._resolutions.setdefault(labels, {}))
        limits = self._limits
        if max_ways is not None:
            limits = replace(limits, max_ways=min(max_ways, limits.max_ways))
        planning = _Planning(operation, graph, self._shapes, limits)
        node = planning.node()
        return QueryPlan(
            kind=operation.kind,
            node=node,
            root_type=operation.root_type,
            response=response_selection(operation, self.supergraph),
            deferrals=operation.deferrals,
            deferred=assemble_deferred(planning.deferred, operation.variables),
        )


class _Planning:
    """The planning of one operation."""

    def __init__(
        self, operation: NormalizedOperation, graph: ActiveGraph, shapes: Shapes, limits: PlanningLimits
    ) -> None:
        self._operation = operation
        self._graph = graph
        self._limits = limits
        self._root = ResponseNode(graph.supergraph, shapes, (operation.selection,))
        self.deferred: list[FetchGroup] = []
        """Found beside `node`: what only deferred fragments need."""

    def node(self) -> PlanNode | None:
        """All that has to be fetched."""
        fields = self._operation.selection.by_type.get(self._operation.root_type, ())
        fetched = [item for item in fields if item.name not in _NO_FETCH]
        if not fetched:
            return None
        match self._operation.kind:
            case OperationKind.QUERY:
                return self._assemble(self._fetches(fetched, None))
            case OperationKind.MUTATION:
                return in_sequence([self._assemble(step) for step in self._serial_fetches(fields)])
            case OperationKind.SUBSCRIPTION:
                return self._subscribe(self._serial_fetches(fields))

    def _fetches(self, fields: Iterable[NormalizedField], subgraph: str | None) -> list[FetchGroup]:
        """The fetches that answer root fields, from anywhere or beginning in one subgraph only."""
        selection = NormalizedSelection({self._operation.root_type: tuple(fields)})
        begin = frozenset((subgraph,)) if subgraph is not None else None
        search = CandidateSearch(self._graph, self._limits.max_ways)
        candidates = search.find(self._operation.kind, self._root, selection, begin)
        choice = choose(candidates, self._limits.max_options)
        build = DeferredFetchBuilder if self._operation.deferrals else FetchGraphBuilder
        graph = build(choice, self._graph, self._limits.max_fields).build()
        return optimise(render(graph, self._operation, self._graph))

    def _serial_fetches(self, fields: Iterable[NormalizedField]) -> list[list[FetchGroup]]:
        """Root fields in order, each from one subgraph only; neighbours of one subgraph go together."""
        steps: list[tuple[str, list[NormalizedField]]] = []
        for item in in_order(fields):
            if item.name in _NO_FETCH:
                continue  # it may have kept a place for one that is fetched
            subgraph = self._best_subgraph(item)
            if (
                steps
                and steps[-1][0] == subgraph
                and all(other.source != item.source for other in steps[-1][1])
            ):
                steps[-1][1].append(item)
            else:
                steps.append((subgraph, [item]))
        return join_neighbours(self._fetches(same, subgraph) for subgraph, same in steps)

    def _best_subgraph(self, item: NormalizedField) -> str:
        root = self._graph.supergraph.types[self._operation.root_type]
        candidates = [name for name in root.subgraphs if self._begins_in(name, item)]
        if len(candidates) == 1:
            return candidates[0]
        costs = {name: len(self._fetches([item], name)) for name in candidates}
        if not costs:
            message = f'No subgraph can answer "{root.name}.{item.name}"'
            raise NoPathError(message, (item.response_key,))
        return min(costs, key=lambda name: costs[name])

    def _begins_in(self, subgraph: str, item: NormalizedField) -> bool:
        nodes = self._graph.query_graph.nodes_of(self._operation.root_type, subgraph)
        return any(self._graph.field_edge(node, item.name) is not None for node in nodes)

    def _assemble(self, fetches: list[FetchGroup]) -> PlanNode | None:
        if self._operation.deferrals:
            self.deferred.extend(fetch for fetch in fetches if fetch.delay)
            fetches = [fetch for fetch in fetches if not fetch.delay]
        return assemble(fetches, self._operation.variables)

    def _subscribe(self, steps: list[list[FetchGroup]]) -> PlanNode:
        node = in_sequence([self._assemble(step) for step in steps])
        first, rest = (node.nodes[0], node.nodes[1:]) if isinstance(node, Sequence) else (node, ())
        if not isinstance(first, RootFetch):
            raise FetchGraphError("A subscription must begin with one unconditional field")
        return Subscribe(first, in_sequence(rest))
