"""COST_APPLIED_TO_INTERFACE_FIELD: costs are declared on the fields of objects, which are what a subgraph
resolves."""

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.report import SubgraphReport
from marquee_schema.composition.subgraph.schema import SubgraphSchema


def check_cost(schema: SubgraphSchema, report: SubgraphReport) -> None:
    """Reports `@cost` on fields of interfaces."""
    for interface in schema.interfaces():
        for field in interface.fields.values():
            applied = field.applied("cost")
            if applied is not None:
                report.error(
                    ErrorCode.COST_APPLIED_TO_INTERFACE_FIELD,
                    f'@cost cannot be applied to interface field "{field.coordinate}": apply it to the'
                    " fields of the implementing types.",
                    applied.node,
                    field.node,
                )
