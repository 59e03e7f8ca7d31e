"""Composition from end to end: read, upgrade, validate, merge, check the whole, print. A stage runs only if
the stages before it reported no problem."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from marquee_schema.composition.errors import CompositionError, ErrorCode, Problem
from marquee_schema.composition.hints import Hint
from marquee_schema.composition.merge.context import MergeContext
from marquee_schema.composition.merge.inaccessible import check_inaccessible
from marquee_schema.composition.merge.interface_fields import check_interface_fields
from marquee_schema.composition.merge.merger import merge_subgraphs
from marquee_schema.composition.merge.required_arguments import check_required_arguments
from marquee_schema.composition.merge.transitive_access import check_transitive_access
from marquee_schema.composition.report import Report, SupergraphReport
from marquee_schema.composition.satisfiability import check_satisfiability
from marquee_schema.composition.specs.inaccessible import INACCESSIBLE_IDENTITY
from marquee_schema.composition.specs.tag import TAG_IDENTITY
from marquee_schema.composition.subgraph.reader import Subgraph, read_subgraph
from marquee_schema.composition.subgraph.schema import SubgraphSchema
from marquee_schema.composition.supergraph.api import api_schema, is_feature_element
from marquee_schema.composition.supergraph.contract import Contract, apply_contract
from marquee_schema.composition.supergraph.printer import print_schema
from marquee_schema.composition.upgrade import upgrade_subgraphs
from marquee_schema.composition.validation.graphql import SUPERGRAPH_RULES
from marquee_schema.composition.validation.graphql.applied_directives import check_composed_applications
from marquee_schema.composition.validation.subgraph import validate_subgraph


@dataclass(frozen=True, slots=True)
class Composition:
    """The result: a supergraph that any router can load, the schema that clients see, and hints."""

    supergraph_sdl: str
    api_sdl: str
    hints: tuple[Hint, ...]


def compose(subgraphs: Iterable[Subgraph], *, contract: Contract | None = None) -> Composition:
    """Composes subgraphs into a supergraph, by the rules of Apollo Federation 2.

    Each subgraph has a unique name, its URL and its SDL; Federation 1 and 2 may be mixed. A contract chooses
    what the clients of this supergraph see; None shows all.

    Raises `CompositionError`, and nothing else, with every problem of the first stage that found any.
    """
    try:
        return _compose(list(subgraphs), contract)
    except RecursionError as error:
        message = "The subgraphs nest values, types or selections too deeply."
        raise CompositionError([Problem(ErrorCode.INVALID_GRAPHQL, message)]) from error


def _compose(subgraphs: Sequence[Subgraph], contract: Contract | None) -> Composition:
    report = Report()
    # Subgraphs are sorted by name, so that the supergraph does not depend on the order in which they are
    # given.
    schemas = _read(sorted(subgraphs, key=lambda subgraph: subgraph.name), report)
    report.raise_if_any()
    schemas = upgrade_subgraphs(schemas, report)
    report.raise_if_any()
    context = merge_subgraphs(schemas, report, hides=contract is not None)
    report.raise_if_any()
    _check_merged(context, contract)
    report.raise_if_any()
    inaccessible = context.features.name_of(INACCESSIBLE_IDENTITY)
    api = api_schema(context.merged, context.linked_features(), inaccessible)
    check_satisfiability(context, api)
    report.raise_if_any()
    return Composition(print_schema(context.merged), print_schema(api), tuple(report.hints))


def _read(subgraphs: Sequence[Subgraph], report: Report) -> list[SubgraphSchema]:
    schemas: list[SubgraphSchema] = []
    seen: set[str] = set()
    for subgraph in subgraphs:
        if subgraph.name in seen:
            report.error(
                ErrorCode.INVALID_SUBGRAPH_NAME,
                f'There are two subgraphs named "{subgraph.name}": rename one of them.',
            )
            continue
        seen.add(subgraph.name)
        schema = read_subgraph(subgraph, report)
        if schema is not None:
            validate_subgraph(schema, report)
            schemas.append(schema)
    return schemas


def _check_merged(context: MergeContext, contract: Contract | None) -> None:
    check_interface_fields(context)
    check_required_arguments(context)
    check_transitive_access(context)
    if not context.report.problems:
        # Valid subgraphs can merge to an invalid schema: a field may implement an interface's field in each
        # of them, and be too wide after merging.
        for rule in SUPERGRAPH_RULES:
            rule(context.merged, SupergraphReport(context.report))
        if composed := context.features.composed.names:
            check_composed_applications(context.merged, composed, SupergraphReport(context.report))
    if not context.report.problems:
        if contract is not None:
            _apply(contract, context)
        check_inaccessible(context)


def _apply(contract: Contract, context: MergeContext) -> None:
    inaccessible = context.features.name_of(INACCESSIBLE_IDENTITY)
    assert inaccessible is not None, "merging links `@inaccessible` for a contract"
    features = context.linked_features()
    apply_contract(
        context.merged,
        contract,
        tag=context.features.name_of(TAG_IDENTITY),
        inaccessible=inaccessible,
        is_own=lambda candidate: not is_feature_element(candidate.name, features, is_directive=False),
    )
