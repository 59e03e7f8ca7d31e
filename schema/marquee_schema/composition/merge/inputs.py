"""Input objects: the fields that all subgraphs have.

REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH, EMPTY_MERGED_INPUT_TYPE; hint INCONSISTENT_INPUT_OBJECT_FIELD.
"""

from collections.abc import Mapping

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.hints import HintCode
from marquee_schema.composition.merge.applied_directives import record_applied
from marquee_schema.composition.merge.context import MergeContext, Sources
from marquee_schema.composition.merge.default_values import merge_default
from marquee_schema.composition.merge.descriptions import merge_description
from marquee_schema.composition.merge.differences import presence
from marquee_schema.composition.merge.join_fields import add_join_input_fields
from marquee_schema.composition.merge.type_references import merge_type_reference
from marquee_schema.composition.model import InputField, InputType, NamedType
from marquee_schema.composition.report import subgraphs
from marquee_schema.composition.specs.inaccessible import INACCESSIBLE_IDENTITY


def merge_input(context: MergeContext, sources: Mapping[int, NamedType], target: InputType) -> None:
    """Merges an input object's fields."""
    present: dict[str, dict[int, InputField]] = {}
    for index, source in sources.items():
        if isinstance(source, InputType):
            for field in source.fields.values():
                present.setdefault(field.name, {})[index] = field
    defining = context.definers.get(target.name, [])
    inaccessible = context.features.name_of(INACCESSIBLE_IDENTITY)
    for name, fields in present.items():
        field = InputField(name=name, parent=target, type="")
        target.fields[name] = field
        field_sources = Sources(fields, defining)
        _merge_field(context, field_sources, field)
        # A client may send only fields that every subgraph reads. A hidden field is never sent, so it may
        # stay.
        is_inaccessible = inaccessible is not None and field.has(inaccessible)
        if not field_sources.is_everywhere and not is_inaccessible:
            del target.fields[name]
            _report_missing(context, field_sources, field)
    if not target.fields:
        context.error(
            ErrorCode.EMPTY_MERGED_INPUT_TYPE,
            f'None of the fields of input object type "{target.name}" are consistently defined in all the'
            " subgraphs defining that"
            " type. As only fields common to all subgraphs are merged, this would result in an empty type.",
            sources,
        )


def _merge_field(context: MergeContext, sources: Sources[InputField], field: InputField) -> None:
    merge_description(context, sources.present, field)
    record_applied(context, sources.present, field)
    all_types_equal = merge_type_reference(context, sources.present, field)
    add_join_input_fields(context, sources, field, all_types_equal=all_types_equal)
    merge_default(context, sources.present, field)


def _report_missing(context: MergeContext, sources: Sources[InputField], field: InputField) -> None:
    required = [index for index, source in sources.present.items() if source.is_required]
    if required:
        context.error(
            ErrorCode.REQUIRED_INPUT_FIELD_MISSING_IN_SOME_SUBGRAPH,
            f'Input object field "{field.coordinate}" is required in some subgraphs but does not appear in'
            f" all: it is required in {subgraphs(context.names_of(required))} but does not appear in"
            f" {subgraphs(context.names_of(sources.absent))}.",
            sources.present,
        )
    else:
        context.hint(
            HintCode.INCONSISTENT_INPUT_OBJECT_FIELD,
            f'Input object field "{field.coordinate}" will not be in the supergraph as it does not appear in'
            f" all subgraphs: {presence(context, sources.present, sources.absent)}.",
            sources.present,
        )
