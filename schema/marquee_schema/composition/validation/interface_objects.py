"""INTERFACE_OBJECT_USAGE_ERROR: an `@interfaceObject` needs a key."""

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.report import SubgraphReport
from marquee_schema.composition.subgraph.federation_directives import is_entity
from marquee_schema.composition.subgraph.schema import SubgraphSchema


def check_interface_objects(schema: SubgraphSchema, report: SubgraphReport) -> None:
    """Reports interface objects without a key."""
    for candidate in schema.objects():
        if schema.is_interface_object(candidate) and not is_entity(candidate):
            report.error(
                ErrorCode.INTERFACE_OBJECT_USAGE_ERROR,
                "The @interfaceObject directive can only be applied to entities, but type"
                f' "{candidate.name}" has no @key in this subgraph.',
                candidate.node,
            )
