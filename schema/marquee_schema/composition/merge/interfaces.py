"""Interfaces: the union of their fields. INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE and
INTERFACE_OBJECT_USAGE_ERROR."""

from collections.abc import Mapping

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.merge.context import MergeContext
from marquee_schema.composition.merge.field_sources import collect_field_sources
from marquee_schema.composition.merge.fields import merge_field
from marquee_schema.composition.merge.overrides import check_override
from marquee_schema.composition.merge.value_type_fields import hint_inconsistent_value_type_field
from marquee_schema.composition.model import InterfaceType, NamedType
from marquee_schema.composition.report import listed
from marquee_schema.composition.subgraph.federation_directives import is_resolvable


def merge_interface(context: MergeContext, sources: Mapping[int, NamedType], target: InterfaceType) -> None:
    """Merges an interface's fields."""
    has_key = _check_keys(context, sources, target)
    _check_interface_objects(context, sources, target)
    for field, field_sources in collect_field_sources(context, sources, target):
        if not has_key:
            hint_inconsistent_value_type_field(context, sources, target, field)
        overrides = check_override(context, field_sources, field)
        merge_field(context, field_sources, field, overrides)


def _check_keys(context: MergeContext, sources: Mapping[int, NamedType], target: InterfaceType) -> bool:
    """Checks that a subgraph with a resolvable key of an interface knows all its implementations; returns
    True if there is any key.

    A router that has `{ __typename: "Media", id: 1 }` asks this subgraph for the object's type, which
    may be any of them.
    """
    wanted = [implementation.name for implementation in context.merged.runtime_types(target.name)]
    has_key = False
    for index, source in sources.items():
        if not isinstance(source, InterfaceType):
            continue
        keys = source.all_applied("key")
        has_key = has_key or bool(keys)
        if not any(is_resolvable(key) for key in keys):
            continue
        subgraph = context.subgraphs[index]
        known = {implementation.name for implementation in subgraph.runtime_types(target.name)}
        missing = [name for name in wanted if name not in known]
        if len(known) < len(wanted) and missing:
            context.error(
                ErrorCode.INTERFACE_KEY_MISSING_IMPLEMENTATION_TYPE,
                f'[{subgraph.name}] Interface type "{target.name}" has a resolvable key in subgraph'
                f' "{subgraph.name}" but that'
                f" subgraph is missing some of the supergraph implementation types of it: it should define"
                f' {listed(missing, "type")} and have them implement "{target.name}".',
                {index: source},
            )
    return has_key


def _check_interface_objects(
    context: MergeContext, sources: Mapping[int, NamedType], target: InterfaceType
) -> None:
    """Checks that a subgraph with an interface object defines none of the interface's implementations."""
    for index, source in sources.items():
        subgraph = context.subgraphs[index]
        if not subgraph.is_interface_object(source):
            continue
        known = [
            name
            for implementation in context.merged.runtime_types(target.name)
            if (name := implementation.name) in subgraph.types
        ]
        if known:
            context.error(
                ErrorCode.INTERFACE_OBJECT_USAGE_ERROR,
                f'[{subgraph.name}] Interface type "{target.name}" is defined as an @interfaceObject in'
                f' subgraph "{subgraph.name}", so that subgraph should not define any of its implementation'
                f" types, but it defines {listed(known, 'type')}.",
                {index: source},
            )
