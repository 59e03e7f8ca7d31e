"""`@requires` selects external fields of its own type.

REQUIRES_INVALID_FIELDS_TYPE, REQUIRES_INVALID_FIELDS, REQUIRES_DIRECTIVE_IN_FIELDS_ARG,
REQUIRES_FIELDS_MISSING_EXTERNAL and REQUIRES_UNSUPPORTED_ON_INTERFACE.
"""

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.model import InterfaceType
from marquee_schema.composition.report import SubgraphReport
from marquee_schema.composition.subgraph.schema import SubgraphSchema
from marquee_schema.composition.validation.field_sets import FieldSetRule

_RULE = FieldSetRule(
    "requires",
    ErrorCode.REQUIRES_INVALID_FIELDS_TYPE,
    ErrorCode.REQUIRES_INVALID_FIELDS,
    ErrorCode.REQUIRES_DIRECTIVE_IN_FIELDS_ARG,
    missing_external=ErrorCode.REQUIRES_FIELDS_MISSING_EXTERNAL,
)


def check_requires(schema: SubgraphSchema, report: SubgraphReport) -> None:
    """Checks every `@requires` of the subgraph."""
    for candidate in schema.composites():
        for field in candidate.fields.values():
            for applied in field.all_applied("requires"):
                if isinstance(candidate, InterfaceType):
                    report.error(
                        ErrorCode.REQUIRES_UNSUPPORTED_ON_INTERFACE,
                        f'Cannot use @requires on field "{field.coordinate}" of an interface: move it to the'
                        " fields of the implementing types.",
                        applied.node,
                        field.node,
                    )
                _RULE.check(schema, candidate, field, applied, report)
