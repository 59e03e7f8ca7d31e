"""INVALID_GRAPHQL: a type must have at least one field, member or value.

The query type may be empty, since every subgraph has `_service` on it.
"""

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.model import CompositeType, EnumType, InputType, NamedType, Schema, UnionType
from marquee_schema.composition.report import SchemaReport
from marquee_schema.composition.subgraph.schema import FEDERATION_OPERATION_TYPES


def check_empty_types(schema: Schema, report: SchemaReport) -> None:
    """Reports types without fields, members or values."""
    query = schema.roots.get("query")
    for candidate in schema.types.values():
        missing = _missing_children(candidate)
        if missing and candidate.name != query and candidate.name not in FEDERATION_OPERATION_TYPES:
            report.error(
                ErrorCode.INVALID_GRAPHQL,
                f'{candidate.kind.capitalize()} "{candidate.name}" must define at least one {missing}.',
                candidate.node,
            )


def _missing_children(candidate: NamedType) -> str | None:
    match candidate:
        case CompositeType() | InputType():
            return None if candidate.fields else "field"
        case UnionType():
            return None if candidate.members else "member type"
        case EnumType():
            return None if candidate.values else "value"
    return None
