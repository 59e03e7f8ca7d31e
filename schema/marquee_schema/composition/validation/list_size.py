"""LIST_SIZE_APPLIED_TO_NON_LIST, LIST_SIZE_INVALID_ASSUMED_SIZE, LIST_SIZE_INVALID_SLICING_ARGUMENT and
LIST_SIZE_INVALID_SIZED_FIELD: `@listSize` names existing integer arguments and existing list fields."""

from collections.abc import Iterator

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.model import AppliedDirective, CompositeType, Field, UnionType
from marquee_schema.composition.report import SubgraphReport
from marquee_schema.composition.subgraph.schema import SubgraphSchema
from marquee_schema.composition.type_reference import base_name, is_list, nullable


def check_list_size(schema: SubgraphSchema, report: SubgraphReport) -> None:
    """Checks every `@listSize` of the subgraph."""
    for candidate in schema.composites():
        for field in candidate.fields.values():
            for applied in field.all_applied("listSize"):
                for code, message in _problems(schema, field, applied):
                    report.error(code, message, applied.node, field.node)


def _problems(
    schema: SubgraphSchema, field: Field, applied: AppliedDirective
) -> Iterator[tuple[ErrorCode, str]]:
    sized_fields = _names(applied, "sizedFields")
    if not sized_fields and not is_list(field.type):
        yield (
            ErrorCode.LIST_SIZE_APPLIED_TO_NON_LIST,
            f'@listSize on "{field.coordinate}" needs a list, but its type is "{field.type}": name list'
            " fields of it in sizedFields.",
        )
    assumed_size = applied.arguments.get("assumedSize")
    if isinstance(assumed_size, int) and assumed_size < 0:
        yield (
            ErrorCode.LIST_SIZE_INVALID_ASSUMED_SIZE,
            f'The assumed size of "{field.coordinate}" cannot be negative, got {assumed_size}.',
        )
    for name in _names(applied, "slicingArguments"):
        argument = field.arguments.get(name)
        if argument is None:
            problem = f'Slicing argument "{name}" is not an argument of "{field.coordinate}".'
        elif nullable(argument.type) != "Int":
            problem = f'Slicing argument "{argument.coordinate}" must be Int or Int!, not "{argument.type}".'
        else:
            continue
        yield ErrorCode.LIST_SIZE_INVALID_SLICING_ARGUMENT, problem
    if sized_fields:
        yield from _sized_field_problems(schema, field, sized_fields)


def _sized_field_problems(
    schema: SubgraphSchema, field: Field, names: list[str]
) -> Iterator[tuple[ErrorCode, str]]:
    target = schema.types.get(base_name(field.type))
    if not isinstance(target, CompositeType | UnionType):
        yield (
            ErrorCode.LIST_SIZE_INVALID_SIZED_FIELD,
            f'Sized fields cannot be used on "{field.coordinate}": its type "{field.type}" has no fields.',
        )
        return
    fields = target.fields if isinstance(target, CompositeType) else {}
    for name in names:
        sized = fields.get(name)
        if sized is None:
            yield (
                ErrorCode.LIST_SIZE_INVALID_SIZED_FIELD,
                f'Sized field "{name}" is not a field of type "{target.name}".',
            )
        elif not is_list(sized.type):
            yield (
                ErrorCode.LIST_SIZE_APPLIED_TO_NON_LIST,
                f'Sized field "{sized.coordinate}" is not a list, but of type "{sized.type}".',
            )


def _names(applied: AppliedDirective, argument: str) -> list[str]:
    value = applied.arguments.get(argument)
    items = value if isinstance(value, list) else [value]
    return [str(item) for item in items if isinstance(item, str)]
