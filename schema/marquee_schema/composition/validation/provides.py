"""`@provides` selects external fields of the type that its field returns.

PROVIDES_INVALID_FIELDS_TYPE, PROVIDES_INVALID_FIELDS, PROVIDES_FIELDS_HAS_ARGS,
PROVIDES_DIRECTIVE_IN_FIELDS_ARG, PROVIDES_FIELDS_MISSING_EXTERNAL, PROVIDES_UNSUPPORTED_ON_INTERFACE,
PROVIDES_ON_NON_OBJECT_FIELD and EXTERNAL_COLLISION_WITH_ANOTHER_DIRECTIVE.
"""

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.model import CompositeType, Field, InterfaceType, UnionType
from marquee_schema.composition.report import SubgraphReport
from marquee_schema.composition.subgraph.schema import SubgraphSchema
from marquee_schema.composition.type_reference import base_name
from marquee_schema.composition.validation.field_sets import FieldSetRule

_RULE = FieldSetRule(
    "provides",
    ErrorCode.PROVIDES_INVALID_FIELDS_TYPE,
    ErrorCode.PROVIDES_INVALID_FIELDS,
    ErrorCode.PROVIDES_DIRECTIVE_IN_FIELDS_ARG,
    has_arguments=ErrorCode.PROVIDES_FIELDS_HAS_ARGS,
    missing_external=ErrorCode.PROVIDES_FIELDS_MISSING_EXTERNAL,
)


def check_provides(schema: SubgraphSchema, report: SubgraphReport) -> None:
    """Checks every `@provides` of the subgraph."""
    for candidate in schema.composites():
        for field in candidate.fields.values():
            if field.directives:
                _check_field(schema, field, report)


def _check_field(schema: SubgraphSchema, field: Field, report: SubgraphReport) -> None:
    for applied in field.all_applied("provides"):
        if schema.facts.is_external(field):
            report.error(
                ErrorCode.EXTERNAL_COLLISION_WITH_ANOTHER_DIRECTIVE,
                f'Cannot have both @provides and @external on field "{field.coordinate}".',
                field.node,
            )
            continue
        target = schema.types.get(base_name(field.type))
        if not isinstance(target, CompositeType | UnionType):
            report.error(
                ErrorCode.PROVIDES_ON_NON_OBJECT_FIELD,
                f'Invalid @provides on field "{field.coordinate}": its type "{field.type}" has no fields to'
                " provide.",
                field.node,
            )
            continue
        if isinstance(field.parent, InterfaceType):
            report.error(
                ErrorCode.PROVIDES_UNSUPPORTED_ON_INTERFACE,
                f'Cannot use @provides on field "{field.coordinate}" of an interface: move it to the fields'
                " of the implementing types.",
                applied.node,
                field.node,
            )
        _RULE.check(schema, target, field, applied, report)
