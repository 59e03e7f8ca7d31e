"""`LimitsGuard`: checks the limits while an operation is prepared.

Owns the order: the text before parsing, the document before validation, the cost after it. Each check
bounds what the next stage can cost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import DocumentNode, FragmentDefinitionNode, GraphQLSchema, OperationDefinitionNode

from marquee_router.config.model import Limits
from marquee_router.errors import LimitExceeded, RequestError
from marquee_router.request import RequestContext
from marquee_router.security.limits.actual_cost import ActualCost
from marquee_router.security.limits.argument_cost import Amount
from marquee_router.security.limits.cost import CostModel, evaluate
from marquee_router.security.limits.document_size import DocumentSizes, Size, overlaps, root_keys
from marquee_router.security.limits.introspection_size import IntrospectionSizes
from marquee_router.security.limits.text_size import check_text
from marquee_router.stages import RequestCheck
from marquee_schema.supergraph import Supergraph

MAXIMUM_OPERATIONS = 50
MAXIMUM_FRAGMENTS = 300
MAXIMUM_OVERLAPS = 50_000
"""Validation compares so many pairs of fields in about a tenth of a second."""

COST = "cost"
"""The key of the `OperationCost` to report in `RequestContext.state`."""


@dataclass(frozen=True, slots=True)
class OperationCost:
    """The estimated cost of one request, and what measures the cost of its response."""

    estimated: int
    measure: ActualCost
    variables: Mapping[str, Any]


class IntrospectionDisabled(RequestError):
    """Introspection is switched off."""

    code = "INTROSPECTION_DISABLED"


class LimitsGuard:
    """Implements `OperationGuard` for one supergraph."""

    def __init__(self, limits: Limits, supergraph: Supergraph, *, introspection: bool) -> None:
        self._limits = limits
        self._introspection = introspection
        self._introspected: IntrospectionSizes | None = None
        self._costs = CostModel(supergraph, default_list_size=limits.default_list_size)

    def check_text(self, text: str) -> None:
        """Before parsing."""
        check_text(text, self._limits)

    def check_document(self, document: DocumentNode) -> None:
        """Before validation."""
        sizes = DocumentSizes(document)
        _within("fragments", sizes.fragment_count, MAXIMUM_FRAGMENTS)
        _within("operations", len(sizes.operations), MAXIMUM_OPERATIONS)
        for operation in sizes.operations:
            size = sizes.of(operation)
            self._check_size(size)
            roots = root_keys(operation, sizes.fragments)
            _within("max_root_fields", roots, self._limits.max_root_fields)
            if sizes.cyclic:  # validation refuses it; to expand it here would not end
                continue
            pairs = overlaps(operation.selection_set, sizes.fragments, MAXIMUM_OVERLAPS)
            _within("repeated_fields", pairs, MAXIMUM_OVERLAPS)

    def _check_size(self, size: Size) -> None:
        limits = self._limits
        if size.introspection and not self._introspection:
            raise IntrospectionDisabled("Introspection is switched off")
        _within("max_depth", size.depth, limits.max_depth)
        _within("max_aliases", size.aliases, limits.max_aliases)
        _within("max_directives", size.directives, limits.max_directives)
        _within("max_fields", size.fields, limits.max_fields)

    def check_operation(
        self, document: DocumentNode, operation_name: str | None, schema: GraphQLSchema
    ) -> RequestCheck | None:
        """After validation: the cost, now if it is known, else with each request's variables."""
        chosen, fragments = _chosen(document, operation_name)
        if chosen is not None and DocumentSizes(document).of(chosen).introspection:
            self._check_introspection(chosen, fragments, schema)
        maximum, report = self._limits.max_cost, self._limits.report_cost
        if maximum is None and not report:
            return None
        cost = self._cost(document, operation_name)
        if isinstance(cost, int) and maximum is not None:
            _within("max_cost", cost, maximum)
            if not report:
                return None

        measure = ActualCost(self._costs, chosen, fragments) if report and chosen is not None else None

        def check(variables: Mapping[str, Any], context: RequestContext) -> None:
            estimated = evaluate(cost, variables)
            if maximum is not None:
                _within("max_cost", estimated, maximum)
            if measure is not None:
                context.state[COST] = OperationCost(estimated, measure, variables)

        return check

    def _check_introspection(
        self,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
        schema: GraphQLSchema,
    ) -> None:
        if self._introspected is None:
            self._introspected = IntrospectionSizes(schema)
        sizes = self._introspected
        _within("introspection", sizes.of(operation, fragments), sizes.maximum)

    def estimate(self, document: DocumentNode, variables: Mapping[str, Any]) -> int:
        """The estimated cost of a document's only operation."""
        return evaluate(self._cost(document, None), variables)

    def _cost(self, document: DocumentNode, operation_name: str | None) -> Amount:
        chosen, fragments = _chosen(document, operation_name)
        return self._costs.of(chosen, fragments) if chosen is not None else 0


def _chosen(
    document: DocumentNode, operation_name: str | None
) -> tuple[OperationDefinitionNode | None, Mapping[str, FragmentDefinitionNode]]:
    """The operation with this name, and all fragments."""
    fragments: dict[str, FragmentDefinitionNode] = {}
    chosen: OperationDefinitionNode | None = None
    for definition in document.definitions:
        if isinstance(definition, FragmentDefinitionNode):
            fragments[definition.name.value] = definition
        elif isinstance(definition, OperationDefinitionNode) and (
            operation_name is None or (definition.name and definition.name.value == operation_name)
        ):
            chosen = definition
    return chosen, fragments


def _within(limit: str, value: int, maximum: int) -> None:
    if value > maximum:
        raise LimitExceeded(
            f"The operation exceeds the limit {limit}: {min(value, 10**15)} of {maximum}",
            extensions={"limit": limit, "maximum": maximum},
        )
