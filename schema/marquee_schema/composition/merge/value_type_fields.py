"""INCONSISTENT_OBJECT_VALUE_TYPE_FIELD and INCONSISTENT_INTERFACE_VALUE_TYPE_FIELD (hints): a field of a type
without keys that some of its subgraphs lack."""

from collections.abc import Mapping

from marquee_schema.composition.hints import HintCode
from marquee_schema.composition.merge.context import MergeContext
from marquee_schema.composition.merge.differences import presence
from marquee_schema.composition.model import CompositeType, Field, InterfaceType, NamedType


def hint_inconsistent_value_type_field(
    context: MergeContext, sources: Mapping[int, NamedType], target: CompositeType, field: Field
) -> None:
    """Adds a hint when a field of a type without keys is not the same in all subgraphs that define the
    type."""
    is_interface = isinstance(target, InterfaceType)
    lacking = [
        index
        for index, source in sources.items()
        if isinstance(source, CompositeType)
        and field.name not in source.fields
        and not context.subgraphs[index].is_interface_object(source)
        and not context.subgraphs[index].facts.are_all_external(source)
    ]
    if not lacking or (is_interface and context.is_resolved_by_interface_object(field.name, target.name)):
        return
    code = (
        HintCode.INCONSISTENT_INTERFACE_VALUE_TYPE_FIELD
        if is_interface
        else HintCode.INCONSISTENT_OBJECT_VALUE_TYPE_FIELD
    )
    kind = "interface" if is_interface else "non-entity object"
    having = [index for index in sources if index not in lacking]
    context.hint(
        code,
        f'Field "{field.coordinate}" of {kind} type "{target.name}" is defined in some but not all subgraphs'
        f" that define the type: {presence(context, having, lacking)}.",
        sources,
    )
