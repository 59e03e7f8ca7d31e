"""EXTERNAL_TYPE_MISMATCH, EXTERNAL_ARGUMENT_MISSING, EXTERNAL_ARGUMENT_TYPE_MISMATCH and
EXTERNAL_ARGUMENT_DEFAULT_MISMATCH: an external field must be declared like the field that another subgraph
resolves."""

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.merge.context import MergeContext, Sources
from marquee_schema.composition.merge.differences import differences
from marquee_schema.composition.merge.type_references import is_narrower
from marquee_schema.composition.model import Field
from marquee_schema.composition.report import subgraphs
from marquee_schema.composition.values import MISSING, print_value, same_value


def check_external_fields(
    context: MergeContext, sources: Sources[Field], target: Field, *, all_types_equal: bool
) -> None:
    """Checks every external declaration of a field against the merged field."""
    external = {index: field for index, field in sources.present.items() if context.is_external(index, field)}
    if any(_has_wrong_type(context, field, target, all_types_equal) for field in external.values()):
        types = {index: f'"{field.type}"' for index, field in sources.present.items()}
        context.error(
            ErrorCode.EXTERNAL_TYPE_MISMATCH,
            f'Type of field "{target.coordinate}" is incompatible across subgraphs (where marked @external):'
            f" it has type {differences(context, types)}.",
            sources.present,
        )
    for name in target.arguments:
        _check_argument(context, sources, external, target, name)


def _has_wrong_type(context: MergeContext, field: Field, target: Field, all_types_equal: bool) -> bool:
    if field.type == target.type:
        return False
    return all_types_equal or not is_narrower(context, field.type, target.type)


def _check_argument(
    context: MergeContext, sources: Sources[Field], external: dict[int, Field], target: Field, name: str
) -> None:
    # An external field is sent back as part of a representation, so any argument that the resolving subgraph
    # accepts must be valid here too.
    argument = target.arguments[name]
    missing = [index for index, field in external.items() if name not in field.arguments]
    if missing:
        context.error(
            ErrorCode.EXTERNAL_ARGUMENT_MISSING,
            f'Field "{target.coordinate}" is missing argument "{argument.coordinate}" in some subgraphs'
            f" where it is marked @external: add it in {subgraphs(context.names_of(missing))}.",
            sources.present,
        )
    given = {index: field.arguments[name] for index, field in external.items() if name in field.arguments}
    declared = {index: f.arguments[name] for index, f in sources.present.items() if name in f.arguments}
    if any(
        other.type != argument.type and not is_narrower(context, argument.type, other.type)
        for other in given.values()
    ):
        types = {index: f'"{other.type}"' for index, other in declared.items()}
        context.error(
            ErrorCode.EXTERNAL_ARGUMENT_TYPE_MISMATCH,
            f'Type of argument "{argument.coordinate}" is incompatible across subgraphs (where'
            f' "{target.coordinate}" is marked @external): it has type {differences(context, types)}.',
            declared,
        )
    if any(not same_value(other.default, argument.default) for other in given.values()):
        defaults = {
            index: "no default" if other.default is MISSING else f"default {print_value(other.default)}"
            for index, other in declared.items()
        }
        context.error(
            ErrorCode.EXTERNAL_ARGUMENT_DEFAULT_MISMATCH,
            f'Argument "{argument.coordinate}" has incompatible defaults across subgraphs (where'
            f' "{target.coordinate}" is marked @external): it has {differences(context, defaults)}.',
            declared,
        )
