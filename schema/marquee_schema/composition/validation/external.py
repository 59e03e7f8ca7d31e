"""EXTERNAL_ON_INTERFACE and EXTERNAL_UNUSED: an external field belongs to an object, and a directive or
interface of the subgraph must need it."""

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.model import InterfaceType
from marquee_schema.composition.report import SubgraphReport
from marquee_schema.composition.subgraph.schema import SubgraphSchema


def check_external(schema: SubgraphSchema, report: SubgraphReport) -> None:
    """Checks every external field of the subgraph."""
    facts = schema.facts
    for candidate in schema.composites():
        for field in candidate.fields.values():
            if not facts.is_external(field):
                continue
            if isinstance(candidate, InterfaceType):
                report.error(
                    ErrorCode.EXTERNAL_ON_INTERFACE,
                    f'Interface field "{field.coordinate}" is marked @external, but fields of interfaces are'
                    " not resolved: mark the fields of the implementing types instead.",
                    field.node,
                )
            if not facts.is_used(field):
                report.error(
                    ErrorCode.EXTERNAL_UNUSED,
                    f'Field "{field.coordinate}" is marked @external but is not used in any federation'
                    " directive (@key, @provides, @requires) or to satisfy an interface: remove the field,"
                    " or its @external if this subgraph resolves it.",
                    field.node,
                )
