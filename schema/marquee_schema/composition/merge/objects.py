"""Object types: the union of their fields. Hint INCONSISTENT_ENTITY."""

from collections.abc import Mapping

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.hints import HintCode
from marquee_schema.composition.merge.context import MergeContext, Sources
from marquee_schema.composition.merge.field_sharing import check_field_sharing
from marquee_schema.composition.merge.field_sources import collect_field_sources
from marquee_schema.composition.merge.fields import merge_field
from marquee_schema.composition.merge.overrides import check_override
from marquee_schema.composition.merge.value_type_fields import hint_inconsistent_value_type_field
from marquee_schema.composition.model import Field, NamedType, ObjectType
from marquee_schema.composition.report import subgraphs
from marquee_schema.composition.subgraph.federation_directives import is_entity


def merge_object(context: MergeContext, sources: Mapping[int, NamedType], target: ObjectType) -> None:
    """Merges an object's fields. An object without any is removed again, such as a query type with nothing
    but `_service`."""
    has_key = _hint_inconsistent_entity(context, sources, target)
    is_root = context.merged.is_root(target.name)
    fields = collect_field_sources(context, sources, target)
    if not fields:
        del context.merged.types[target.name]
        return
    for field, field_sources in fields:
        if not has_key and not is_root:
            hint_inconsistent_value_type_field(context, sources, target, field)
        overrides = check_override(context, field_sources, field)
        if context.merged.roots.get("subscription") == target.name:
            _check_subscription_field(context, field_sources, field)
        merge_field(context, field_sources, field, overrides)
        check_field_sharing(context, field_sources, field, overrides)


def _hint_inconsistent_entity(
    context: MergeContext, sources: Mapping[int, NamedType], target: ObjectType
) -> bool:
    """True if any subgraph gives the type a key. Adds a hint when only some do."""
    with_key = [index for index, source in sources.items() if is_entity(source)]
    without_key = [index for index, source in sources.items() if not is_entity(source)]
    if with_key and without_key:
        context.hint(
            HintCode.INCONSISTENT_ENTITY,
            f'Type "{target.name}" is declared as an entity (has a @key) in'
            f" {subgraphs(context.names_of(with_key))}, but has no"
            f" @key in {subgraphs(context.names_of(without_key))}.",
            sources,
        )
    return bool(with_key)


def _check_subscription_field(context: MergeContext, sources: Sources[Field], field: Field) -> None:
    shareable = {index: source for index, source in sources.present.items() if source.applied("shareable")}
    if shareable:
        context.error(
            ErrorCode.INVALID_FIELD_SHARING,
            f'Subscription field "{field.coordinate}" cannot be marked @shareable: an event stream has one'
            " source.",
            shareable,
        )
