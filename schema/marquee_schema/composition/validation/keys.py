"""KEY_INVALID_FIELDS_TYPE, KEY_INVALID_FIELDS, KEY_FIELDS_HAS_ARGS, KEY_DIRECTIVE_IN_FIELDS_ARG,
KEY_FIELDS_SELECT_INVALID_TYPE and KEY_UNSUPPORTED_ON_INTERFACE: a key selects existing fields without
arguments, whose values identify an object."""

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.model import Field, InterfaceType, Kind, NamedType, UnionType
from marquee_schema.composition.report import SubgraphReport
from marquee_schema.composition.specs.definition import Version
from marquee_schema.composition.subgraph.schema import SubgraphSchema
from marquee_schema.composition.type_reference import base_name
from marquee_schema.composition.validation.field_sets import FieldSetRule, ForbiddenFieldError

_KEYS_ON_INTERFACES_SINCE = Version(2, 3)


def check_keys(schema: SubgraphSchema, report: SubgraphReport) -> None:
    """Checks every `@key` of the subgraph."""

    # `@key(fields: "owner { id }")` where `owner` is an interface would not identify an object: the ids of
    # two of its types may be equal.
    def forbid_abstract(field: Field) -> None:
        target: NamedType | None = schema.types.get(base_name(field.type))
        if isinstance(target, InterfaceType | UnionType):
            kind = "union" if target.kind is Kind.UNION else "interface"
            raise ForbiddenFieldError(
                ErrorCode.KEY_FIELDS_SELECT_INVALID_TYPE,
                f'field "{field.coordinate}" has the {kind} type "{target.name}", which is not allowed in'
                " @key",
            )

    rule = FieldSetRule(
        "key",
        ErrorCode.KEY_INVALID_FIELDS_TYPE,
        ErrorCode.KEY_INVALID_FIELDS,
        ErrorCode.KEY_DIRECTIVE_IN_FIELDS_ARG,
        has_arguments=ErrorCode.KEY_FIELDS_HAS_ARGS,
        on_field=forbid_abstract,
    )
    version = schema.federation_version
    for candidate in schema.composites():
        for key in candidate.all_applied("key"):
            if isinstance(candidate, InterfaceType) and version and version < _KEYS_ON_INTERFACES_SINCE:
                report.error(
                    ErrorCode.KEY_UNSUPPORTED_ON_INTERFACE,
                    f'Cannot use @key on interface "{candidate.name}": that needs federation'
                    f" {_KEYS_ON_INTERFACES_SINCE}, and this subgraph links {version}.",
                    key.node,
                )
            rule.check(schema, candidate, candidate, key, report)
