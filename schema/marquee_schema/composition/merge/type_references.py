"""Merging types of fields and arguments: the widest of output types, the narrowest of input types.

FIELD_TYPE_MISMATCH, FIELD_ARGUMENT_TYPE_MISMATCH; hints INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE and
_ARGUMENT_TYPE.
"""

from collections.abc import Mapping

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.hints import HintCode
from marquee_schema.composition.merge.context import EnumUsage, MergeContext
from marquee_schema.composition.merge.differences import differences
from marquee_schema.composition.model import Argument, CompositeType, EnumType, Field, InputField, UnionType
from marquee_schema.composition.type_reference import TypeReference, base_name, is_strict_subtype

Typed = Field | Argument | InputField


def merge_type_reference(context: MergeContext, sources: Mapping[int, Typed], target: Typed) -> bool:
    """Gives `target` its type; returns True if all subgraphs use exactly that type."""
    is_input = not isinstance(target, Field)
    chosen: TypeReference | None = None
    is_compatible = True
    is_equal = True
    for source in sources.values():
        found = source.type
        if chosen is None:
            chosen = found
        elif found != chosen:
            is_equal = False
            # Of `Int!` and `Int`, an output is merged to `Int`, as one of the subgraphs may return null. An
            # input is merged to `Int!`, as one of them does not accept null.
            if is_narrower(context, found, chosen):
                chosen = found if is_input else chosen
            elif is_narrower(context, chosen, found):
                chosen = chosen if is_input else found
            else:
                is_compatible = False
    target.type = chosen or ""
    _note_enum_usage(context, sources, target, is_input=is_input)
    if is_equal:
        return True
    what = "argument" if isinstance(target, Argument) else "field"
    found_types = differences(context, {index: f'"{source.type}"' for index, source in sources.items()})
    if not is_compatible:
        code = ErrorCode.FIELD_ARGUMENT_TYPE_MISMATCH if what == "argument" else ErrorCode.FIELD_TYPE_MISMATCH
        message = (
            f'Type of {what} "{target.coordinate}" is incompatible across subgraphs: it has type'
            f" {found_types}."
        )
        context.error(code, message, sources)
    else:
        context.hint(
            HintCode.INCONSISTENT_BUT_COMPATIBLE_ARGUMENT_TYPE
            if what == "argument"
            else HintCode.INCONSISTENT_BUT_COMPATIBLE_FIELD_TYPE,
            f'Type of {what} "{target.coordinate}" is inconsistent but compatible across subgraphs: it has'
            f' type {found_types}. The supergraph uses "{target.type}".',
            sources,
        )
    return False


def is_narrower(context: MergeContext, sub: TypeReference, sup: TypeReference) -> bool:
    """True if `sub` is strictly narrower than `sup`, by the unions and interfaces of the supergraph."""

    def is_named_subtype(one: str, other: str) -> bool:
        wider = context.merged.types.get(other)
        if isinstance(wider, UnionType):
            return one in wider.members
        narrower = context.merged.types.get(one)
        return isinstance(narrower, CompositeType) and other in narrower.interfaces

    return is_strict_subtype(sub, sup, is_named_subtype)


def _note_enum_usage(
    context: MergeContext, sources: Mapping[int, Typed], target: Typed, *, is_input: bool
) -> None:
    """Records that an enum is used as input or as output, which decides how its values merge."""
    name = base_name(target.type)
    if not isinstance(context.merged.types.get(name), EnumType):
        return
    usage = context.enum_usages.setdefault(name, EnumUsage())
    example = next((source.coordinate for source in sources.values()), target.coordinate)
    if is_input:
        usage.as_input = usage.as_input or example
    else:
        usage.as_output = usage.as_output or example
