"""The rules of GraphQL itself for a subgraph's schema; each reports INVALID_GRAPHQL."""

from collections.abc import Callable

from marquee_schema.composition.model import Schema
from marquee_schema.composition.report import SchemaReport, SubgraphReport
from marquee_schema.composition.subgraph.schema import SubgraphSchema
from marquee_schema.composition.validation.graphql.applied_directives import check_applied_directives
from marquee_schema.composition.validation.graphql.default_values import check_default_values
from marquee_schema.composition.validation.graphql.empty_types import check_empty_types
from marquee_schema.composition.validation.graphql.implementations import check_implementations
from marquee_schema.composition.validation.graphql.input_cycles import check_input_cycles
from marquee_schema.composition.validation.graphql.names import check_names
from marquee_schema.composition.validation.graphql.shadowed_imports import check_shadowed_imports

GraphQLRule = Callable[[SubgraphSchema, SubgraphReport], None]

GRAPHQL_RULES: tuple[GraphQLRule, ...] = (
    check_names,
    check_empty_types,
    check_applied_directives,
    check_default_values,
    check_implementations,
    check_input_cycles,
    check_shadowed_imports,
)

# What merging can break in schemas that were valid each on their own.
SUPERGRAPH_RULES: tuple[Callable[[Schema, SchemaReport], None], ...] = (
    check_empty_types,
    check_default_values,
    check_implementations,
    check_input_cycles,
)
