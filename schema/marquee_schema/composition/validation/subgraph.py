"""The validation of one subgraph: first as GraphQL, then, if it is valid, by the rules of federation."""

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.report import Report, SubgraphReport
from marquee_schema.composition.subgraph.schema import SubgraphSchema
from marquee_schema.composition.validation.federation import FEDERATION_RULES
from marquee_schema.composition.validation.graphql import GRAPHQL_RULES
from marquee_schema.composition.validation.root_types import rename_root_types

RESERVED_NAME = "_"


def validate_subgraph(schema: SubgraphSchema, report: Report) -> None:
    """Reports every broken rule, and gives root types their default names.

    A Federation 1 subgraph is checked as GraphQL only: the federation rules apply after its upgrade.
    """
    own = SubgraphReport(report, schema.name)
    before = len(report.problems)
    if schema.name == RESERVED_NAME:
        own.error(
            ErrorCode.INVALID_SUBGRAPH_NAME,
            f'The subgraph name "{RESERVED_NAME}" is reserved: choose another.',
        )
        return
    for graphql_rule in GRAPHQL_RULES:
        graphql_rule(schema, own)
    if len(report.problems) > before:
        return
    rename_root_types(schema, own)
    if schema.federation is not None:
        for rule in FEDERATION_RULES:
            rule(schema, own)
