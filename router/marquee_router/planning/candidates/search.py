"""The candidate search of one set of root fields: which candidate paths can read each field of the operation.

Owns the wiring of the parts and the root of the search. Nothing is chosen here: every candidate path is kept.

A field goes through `selection_sets` (the types it is looked up on), `fields` (the subgraphs that can read
it), `entity_fetches` (other subgraphs that the object can be fetched from), and for `@requires` and
`@fromContext` through `requirements` and `contexts` (what must be read before such a fetch).
"""

from __future__ import annotations

from graphql import OperationType

from marquee_router.planning.active_graph import ActiveGraph
from marquee_router.planning.candidates.candidate import CandidateFetch, CandidatePath, FieldCandidates
from marquee_router.planning.candidates.entity_fetches import EntityFetches
from marquee_router.planning.candidates.field_sets import FieldSets
from marquee_router.planning.candidates.fields import Fields
from marquee_router.planning.candidates.requirements import Requirements
from marquee_router.planning.candidates.search_budget import SearchBudget
from marquee_router.planning.candidates.search_position import (
    CandidateReader,
    SearchContext,
    SearchPosition,
    Unreachable,
)
from marquee_router.planning.candidates.selection_sets import SelectionSets
from marquee_router.planning.errors import NoPathError
from marquee_router.planning.operation import NormalizedSelection
from marquee_router.planning.plan import OperationKind
from marquee_router.planning.response_tree import ResponseNode
from marquee_schema.query_graph import Node

_OPERATIONS = {
    OperationKind.QUERY: OperationType.QUERY,
    OperationKind.MUTATION: OperationType.MUTATION,
    OperationKind.SUBSCRIPTION: OperationType.SUBSCRIPTION,
}


class CandidateSearch:
    """One search of the query graph, within one budget."""

    def __init__(self, graph: ActiveGraph, max_ways: int) -> None:
        self._graph = graph
        context = SearchContext(graph, SearchBudget(max_ways))
        reader = CandidateReader()
        field_sets = FieldSets(context, reader)
        entity_fetches = EntityFetches(context, field_sets)
        requirements = Requirements(graph, entity_fetches, field_sets)
        reader.read_field = Fields(context, requirements, field_sets, reader).read
        reader.read_selection = SelectionSets(context, reader).read
        reader.reachable_paths = entity_fetches.reachable_paths
        self._reader = reader

    def find(
        self,
        kind: OperationKind,
        response: ResponseNode,
        selection: NormalizedSelection,
        subgraphs: frozenset[str] | None = None,
    ) -> list[FieldCandidates]:
        """The candidates of the root fields; only `subgraphs`, when given, may answer the root fields.

        Raises `NoPathError` when a field cannot be read, `TooComplexError` when there are too many ways.
        """
        roots = self._graph.query_graph.roots(_OPERATIONS[kind])
        arrivals = tuple(
            _root_path(response, node) for node in roots if subgraphs is None or node.subgraph in subgraphs
        )
        types = frozenset(node.type_name for node in roots)
        position = SearchPosition(response, (), min(types, default=""), types, arrivals)
        found = self._reader.read_selection(position, selection, frozenset())
        if isinstance(found, Unreachable):
            raise NoPathError(found.reason, found.path)
        return found


def _root_path(response: ResponseNode, node: Node) -> CandidatePath:
    types = frozenset((node.type_name,))
    fetch = CandidateFetch(
        identity=("root", node.subgraph), node=node, response=response, path=(), types=types, stage=0
    )
    return CandidatePath(response, node, fetch, types, typed=True)
