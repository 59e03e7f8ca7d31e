"""Enums: the union of the values for an enum of outputs, the intersection for one of inputs; used as both,
the values must be equal.

ENUM_VALUE_MISMATCH, EMPTY_MERGED_ENUM_TYPE; hints UNUSED_ENUM_TYPE, INCONSISTENT_ENUM_VALUE_FOR_INPUT_ENUM
and _OUTPUT_ENUM.
"""

from collections.abc import Mapping

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.hints import HintCode
from marquee_schema.composition.merge.applied_directives import record_applied
from marquee_schema.composition.merge.context import EnumUsage, MergeContext
from marquee_schema.composition.merge.descriptions import merge_description
from marquee_schema.composition.merge.differences import presence
from marquee_schema.composition.model import EnumType, EnumValue, NamedType
from marquee_schema.composition.specs.inaccessible import INACCESSIBLE_IDENTITY


def merge_enum(context: MergeContext, sources: Mapping[int, NamedType], target: EnumType) -> None:
    """Merges an enum's values. Must be called after all fields and arguments, which say how the enum is
    used."""
    usage = context.enum_usages.get(target.name)
    if usage is None and sources:
        context.hint(
            HintCode.UNUSED_ENUM_TYPE,
            f'Enum type "{target.name}" is defined but unused. It will be included in the supergraph with'
            " all the values appearing in any subgraph (as if it were only used as an output type).",
            sources,
        )
    values: dict[str, dict[int, EnumValue]] = {}
    for index, source in sources.items():
        if isinstance(source, EnumType):
            for value in source.values.values():
                values.setdefault(value.name, {})[index] = value
    for name, present in values.items():
        target.values[name] = EnumValue(name=name, parent=target)
        _merge_value(context, sources, present, target.values[name], usage or EnumUsage())
    if values and not target.values:
        context.error(
            ErrorCode.EMPTY_MERGED_ENUM_TYPE,
            f'None of the values of enum type "{target.name}" are defined consistently in all the subgraphs'
            " defining that type."
            " As only values common to all subgraphs are merged, this would result in an empty type.",
            sources,
        )


def _merge_value(
    context: MergeContext,
    sources: Mapping[int, NamedType],
    present: Mapping[int, EnumValue],
    value: EnumValue,
    usage: EnumUsage,
) -> None:
    enum = value.parent
    merge_description(context, present, value)
    record_applied(context, present, value)
    value.directives += [context.join.enum_value(index) for index in present]
    absent = [index for index in sources if index not in present]
    if not absent:
        return
    where = f'"{value.name}": {presence(context, present, absent)}'
    inaccessible = context.features.name_of(INACCESSIBLE_IDENTITY)
    is_inaccessible = inaccessible is not None and value.has(inaccessible)
    # A client may receive any value that some subgraph returns. But it may send only what every subgraph
    # knows: a value of one subgraph alone cannot be an input, and hiding it with `@inaccessible` settles the
    # matter.
    if usage.as_input is None:
        context.hint(
            HintCode.INCONSISTENT_ENUM_VALUE_FOR_OUTPUT_ENUM,
            f'Value "{value.coordinate}" has been added to the supergraph but is only defined in a subset of'
            f" the subgraphs defining the enum; {where}.",
            present,
        )
    elif is_inaccessible:
        return
    elif usage.as_output is None:
        del enum.values[value.name]
        context.hint(
            HintCode.INCONSISTENT_ENUM_VALUE_FOR_INPUT_ENUM,
            f'Value "{value.coordinate}" will not be part of the supergraph as it is not defined in all the'
            f" subgraphs defining the enum; {where}.",
            present,
        )
    else:
        context.error(
            ErrorCode.ENUM_VALUE_MISMATCH,
            f'Enum type "{enum.name}" is used as both input type (for example, as type of'
            f' "{usage.as_input}") and output type (for example, as type of "{usage.as_output}"), so all its'
            f" values must be defined in every subgraph; {where}.",
            sources,
        )
