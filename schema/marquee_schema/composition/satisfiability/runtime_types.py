"""SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES and the hint INCONSISTENT_RUNTIME_TYPES_FOR_SHAREABLE_RETURN:
subgraphs that share a field
must be able to return the same objects from it."""

from collections.abc import Sequence

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.hints import HintCode
from marquee_schema.composition.merge.context import MergeContext
from marquee_schema.composition.model import Element, Field, ObjectType
from marquee_schema.composition.report import listed, subgraphs
from marquee_schema.composition.satisfiability.advancing import Position
from marquee_schema.composition.satisfiability.graph import SatisfiabilityGraph
from marquee_schema.composition.type_reference import base_name


def check_runtime_types(
    graph: SatisfiabilityGraph, field: Field, positions: Sequence[Position], operation: str
) -> bool:
    """Compares what the subgraphs return from a shared field of abstract type; False when that is an
    error."""
    context = graph.context
    abstract = [position for position in positions if graph.is_abstract(position.node)]
    if len(abstract) < 2 or not _is_shared(context, field):
        return True
    every = {candidate.name for candidate in context.merged.runtime_types(base_name(field.type))}
    by_subgraph: dict[int, frozenset[str]] = {}
    for position in positions:
        found = graph.runtime_types(position.node)
        if not (len(found) == 1 and not found <= every):
            by_subgraph[position.node.subgraph] = found
    if not any(by_subgraph.values()):
        return True
    common = frozenset.intersection(frozenset(every), *by_subgraph.values())
    described = "; ".join(
        f"in {subgraphs(context.names_of([index]))}, {listed(sorted(found), 'type')}"
        for index, found in by_subgraph.items()
    )
    places: dict[int, Element] = {}
    for index in by_subgraph:
        owner = context.subgraphs[index].composite(field.parent.name)
        if owner is not None and field.name in owner.fields:
            places[index] = owner.fields[field.name]
    what = f'shared field "{field.coordinate}" of type "{field.type}"'
    if not common:
        context.error(
            ErrorCode.SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES,
            f"For the following supergraph API query:\n{operation}\n{what} has a non-intersecting set of"
            " possible runtime types"
            f" across subgraphs: {described}. Shared fields must resolve the same way in all subgraphs, so"
            " there must be"
            " some common runtime types.",
            places,
        )
        return False
    if len(set(by_subgraph.values())) > 1:
        context.hint(
            HintCode.INCONSISTENT_RUNTIME_TYPES_FOR_SHAREABLE_RETURN,
            f"For the following supergraph API query:\n{operation}\n{what} has different sets of possible"
            " runtime types across"
            f" subgraphs: {described}. Make sure that all of them only return"
            f" {listed(sorted(common), 'type')}.",
            places,
        )
    return True


def _is_shared(context: MergeContext, field: Field) -> bool:
    """Whether several subgraphs resolve a field of an object."""
    owner = context.merged.types.get(field.parent.name)
    if not isinstance(owner, ObjectType):
        return False
    joins = owner.fields[field.name].named("join__field")
    if not joins:
        return len(owner.named("join__type")) > 1
    resolving = [
        join for join in joins if not (join.arguments.get("external") or join.arguments.get("usedOverridden"))
    ]
    return len(resolving) > 1
