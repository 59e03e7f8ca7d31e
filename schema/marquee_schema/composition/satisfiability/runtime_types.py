"""SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES and the hint INCONSISTENT_RUNTIME_TYPES_FOR_SHAREABLE_RETURN:
subgraphs that share a field of abstract type must be able to return the same objects from it.

For example, with `search: [Result]` shared by a (`union Result = Book`) and b (`union Result = Film`), the
answer would depend on which of them the router asks.
"""

from collections.abc import Callable, Iterable, Sequence

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.hints import HintCode
from marquee_schema.composition.merge.context import MergeContext
from marquee_schema.composition.model import Element, Field
from marquee_schema.composition.report import listed, subgraphs
from marquee_schema.composition.satisfiability.advancer import Position
from marquee_schema.composition.type_reference import base_name
from marquee_schema.query_graph import QueryGraph
from marquee_schema.supergraph import JoinedSchema, TypeKind


def check_runtime_types(
    context: MergeContext,
    graph: QueryGraph[JoinedSchema],
    field: Field,
    positions: Sequence[Position],
    operation: Callable[[], str],
) -> bool:
    """Compares the types that a shared field returns at the positions; False when that is an error.

    `operation` prints an operation that reads the field, for the message.
    """
    abstract = [position for position in positions if graph.is_abstract(position.node)]
    if len(abstract) < 2 or not _is_shared(graph.supergraph, field):
        return True
    every = graph.supergraph.possible_types[base_name(field.type)]
    by_subgraph: dict[str, frozenset[str]] = {}
    for position in positions:
        found = graph.runtime_types(position.node)
        # An interface object has one type of its own, which no other subgraph can return.
        if not (len(found) == 1 and not found <= every):
            by_subgraph[position.node.subgraph] = found
    common = every.intersection(*by_subgraph.values())
    if not any(by_subgraph.values()) or (common and len(set(by_subgraph.values())) == 1):
        return True
    described = "; ".join(
        f"in {subgraphs([name])}, {listed(sorted(found), 'type')}" for name, found in by_subgraph.items()
    )
    head = (
        f"For the following supergraph API query:\n{operation()}\nshared field"
        f' "{field.coordinate}" of type "{field.type}" has'
    )
    places = _places(context, by_subgraph, field)
    if not common:
        context.error(
            ErrorCode.SHAREABLE_HAS_MISMATCHED_RUNTIME_TYPES,
            f"{head} a non-intersecting set of possible runtime types across subgraphs: {described}. Shared"
            " fields must resolve the same way in all subgraphs, so there must be some common runtime types.",
            places,
        )
        return False
    context.hint(
        HintCode.INCONSISTENT_RUNTIME_TYPES_FOR_SHAREABLE_RETURN,
        f"{head} different sets of possible runtime types across subgraphs: {described}. Make sure that all"
        f" of them only return {listed(sorted(common), 'type')}.",
        places,
    )
    return True


def _places(context: MergeContext, names: Iterable[str], field: Field) -> dict[int, Element]:
    """The field's declarations, by the index of their subgraph."""
    places: dict[int, Element] = {}
    for index in sorted(map(context.names.index, names)):
        owner = context.subgraphs[index].composite(field.parent.name)
        if owner is not None and field.name in owner.fields:
            places[index] = owner.fields[field.name]
    return places


def _is_shared(schema: JoinedSchema, field: Field) -> bool:
    """True if several subgraphs resolve a field of an object; those that are overridden do not."""
    owner = schema.types.get(field.parent.name)
    if owner is None or owner.kind is not TypeKind.OBJECT:
        return False
    declared = (own.fields.get(field.name) for own in owner.subgraphs.values())
    resolving = [own for own in declared if own and not (own.external or own.used_overridden)]
    return len(resolving) > 1
