"""The planner: from an operation to a query plan, stage by stage.

Owns the order of the stages and the bounds they get; each stage owns its own work. Keeps nothing of an
operation.

    normalise      a document → the fields of each concrete type           normalise, collect_fields
    candidates     each field → the candidate paths that can read it       candidates/
    choice         candidate paths → the cheapest combination              choice/
    fetch groups   chosen paths → what each subgraph is sent               fetch_groups/
    optimise       fetch groups → fewer of them                            optimise/
    query plan     fetch groups → plan nodes and the shape of the answer   query_plan/
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from graphql import DocumentNode

from marquee_router.planning.active_graph import ActiveGraph, LookupSignatures
from marquee_router.planning.candidates.search import CandidateSearch
from marquee_router.planning.choice.choose import choose
from marquee_router.planning.deferral import Deferrals
from marquee_router.planning.fetch_groups.deferred_fetch_graph import build_deferred_fetch_graph
from marquee_router.planning.fetch_groups.fetch_graph import build_fetch_graph
from marquee_router.planning.fetch_groups.fetch_group import FetchGroup
from marquee_router.planning.fetch_groups.group_fetches import group_fetches
from marquee_router.planning.normalise import NormalisationLimits, normalise
from marquee_router.planning.operation import NormalizedField, NormalizedOperation, NormalizedSelection
from marquee_router.planning.optimise import optimise
from marquee_router.planning.plan import QueryPlan
from marquee_router.planning.query_plan.build import build_query_plan
from marquee_router.planning.response_tree import ResponseNode
from marquee_router.planning.root_steps import root_steps
from marquee_router.planning.source_keys import Shapes
from marquee_schema.query_graph import QueryGraph
from marquee_schema.supergraph import Supergraph


@dataclass(frozen=True, slots=True)
class PlanningLimits:
    """Bounds on one operation's planning."""

    normalisation: NormalisationLimits = field(default_factory=NormalisationLimits)
    max_ways: int = 20_000
    """Ways through the subgraphs that the candidate search looks at: to read a field or to enter a subgraph,
    at each response path, for each group of types that are alike. About 10 µs each, with all that follows."""
    max_options: int = 2_000
    """Options tried before the cheapest plan found so far is taken."""
    max_fields: int = 100_000
    """Fields written into subgraph operations."""


class Planner:
    """Plans operations on one supergraph. Safe to share between threads and requests."""

    def __init__(self, supergraph: Supergraph, limits: PlanningLimits | None = None) -> None:
        self.supergraph = supergraph
        self._limits = limits or PlanningLimits()
        self._query_graph = QueryGraph(supergraph)
        self._shapes = Shapes(supergraph)
        self._lookup_signatures: dict[frozenset[str], LookupSignatures] = {}

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
        graph = self._active_graph(frozenset(override_labels) & self.supergraph.override_labels)
        limits = self._limits
        if max_ways is not None:
            limits = replace(limits, max_ways=min(max_ways, limits.max_ways))
        root = ResponseNode(self.supergraph, self._shapes, (operation.selection,))
        stages = _Stages(operation, graph, root, limits)
        steps = root_steps(operation, graph, stages.fetch_groups)
        return build_query_plan(operation, steps, self.supergraph)

    def _active_graph(self, labels: frozenset[str]) -> ActiveGraph:
        return ActiveGraph(self._query_graph, labels, self._lookup_signatures.setdefault(labels, {}))


@dataclass(frozen=True, slots=True)
class _Stages:
    """The stages from candidate paths to fetch groups, for root fields of one operation."""

    operation: NormalizedOperation
    graph: ActiveGraph
    root: ResponseNode
    limits: PlanningLimits

    def fetch_groups(self, fields: list[NormalizedField], subgraph: str | None = None) -> list[FetchGroup]:
        """The fetch groups of the root fields; only `subgraph`, when given, may answer the root fields."""
        operation, graph, limits = self.operation, self.graph, self.limits
        selection = NormalizedSelection({operation.root_type: tuple(fields)})
        subgraphs = frozenset((subgraph,)) if subgraph is not None else None
        build = build_deferred_fetch_graph if operation.deferrals else build_fetch_graph

        search = CandidateSearch(graph, limits.max_ways)
        candidates = search.find(operation.kind, self.root, selection, subgraphs)
        choice = choose(candidates, limits.max_options)
        fetch_graph = build(choice, graph, limits.max_fields)
        groups = group_fetches(fetch_graph, operation, graph)
        return optimise(groups)
