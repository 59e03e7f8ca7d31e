"""SATISFIABILITY_ERROR and MAX_VALIDATION_SUBGRAPH_PATHS_EXCEEDED: the entry to the check, and what it reads
from the supergraph once."""

from collections.abc import Iterator

from graphql import OperationType

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.merge.context import MergeContext
from marquee_schema.composition.model import Schema
from marquee_schema.composition.satisfiability.advancer import Advancer, Position
from marquee_schema.composition.satisfiability.conditions import BudgetExceededError, ConditionResolver
from marquee_schema.composition.satisfiability.joined import joined_schema
from marquee_schema.composition.satisfiability.reasons import Explainer
from marquee_schema.composition.satisfiability.state import State
from marquee_schema.composition.satisfiability.walk import Surroundings, Walk
from marquee_schema.query_graph import QueryGraph
from marquee_schema.supergraph import JoinedSchema, SubgraphField


def check_satisfiability(context: MergeContext, api: Schema) -> None:
    """Reports each operation that no combination of subgraphs can answer."""
    schema = joined_schema(context)
    graph = QueryGraph(schema)
    advancer = Advancer(graph, ConditionResolver(graph), _used_contexts(schema))
    surroundings = Surroundings(
        context, api, advancer, Explainer(context, advancer), _override_labels(schema)
    )
    walk = Walk(surroundings, context.report)
    try:
        for operation, name in api.roots.items():
            positions = frozenset(Position(node) for node in graph.roots(OperationType(operation)))
            walk.visit_from(State(name, positions, (), operation, None))
    except (BudgetExceededError, RecursionError):
        context.report.error(
            ErrorCode.MAX_VALIDATION_SUBGRAPH_PATHS_EXCEEDED,
            "The subgraphs offer too many different paths to check whether every operation can be answered:"
            " reduce the number of keys and requirements that depend on each other across subgraphs.",
        )


def _override_labels(schema: JoinedSchema) -> dict[str, set[str]]:
    """The labels of progressive overrides, by the coordinate of their field."""
    found: dict[str, set[str]] = {}
    for coordinate, declared in _fields(schema):
        if declared.override_label is not None:
            found.setdefault(coordinate, set()).add(declared.override_label)
    return found


def _used_contexts(schema: JoinedSchema) -> tuple[str, ...]:
    """The contexts that some argument is filled from."""
    found = {argument.context for _, declared in _fields(schema) for argument in declared.context_arguments}
    return tuple(sorted(found))


def _fields(schema: JoinedSchema) -> Iterator[tuple[str, SubgraphField]]:
    """Every subgraph's declaration of every field, with the field's coordinate."""
    for type_name, joined in schema.types.items():
        for declared in joined.subgraphs.values():
            for name, own in declared.fields.items():
                yield f"{type_name}.{name}", own
