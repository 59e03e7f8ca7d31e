"""The types of the supergraph: created by name, then each merged by its kind.

TYPE_KIND_MISMATCH, EXTENSION_WITH_NO_BASE and, for an interface object without its interface,
INTERFACE_OBJECT_USAGE_ERROR.
"""

from collections.abc import Mapping

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.merge.access_control import record_applied_to_interface
from marquee_schema.composition.merge.applied_directives import record_applied
from marquee_schema.composition.merge.context import MergeContext
from marquee_schema.composition.merge.descriptions import merge_description
from marquee_schema.composition.merge.differences import differences
from marquee_schema.composition.merge.enums import merge_enum
from marquee_schema.composition.merge.inputs import merge_input
from marquee_schema.composition.merge.interfaces import merge_interface
from marquee_schema.composition.merge.join_directives import add_join_directives
from marquee_schema.composition.merge.objects import merge_object
from marquee_schema.composition.merge.unions import merge_union
from marquee_schema.composition.model import (
    CompositeType,
    EnumType,
    InputType,
    InterfaceType,
    NamedType,
    ObjectType,
    UnionType,
)
from marquee_schema.composition.report import subgraphs
from marquee_schema.composition.specs.connect import CONNECT_IDENTITY
from marquee_schema.composition.specs.federation import FEDERATION_IDENTITY
from marquee_schema.composition.specs.link import CORE_IDENTITY, LINK_IDENTITY
from marquee_schema.composition.subgraph.federation_directives import fields_argument, is_key_extension
from marquee_schema.composition.subgraph.schema import FEDERATION_OPERATION_TYPES, SubgraphSchema

_UNMERGED_FEATURES = (FEDERATION_IDENTITY, LINK_IDENTITY, CORE_IDENTITY, CONNECT_IDENTITY)


def add_types(context: MergeContext) -> None:
    """Creates every type of the supergraph, empty, and reports names that stand for different kinds."""
    mismatched: set[str] = set()
    for subgraph in context.subgraphs:
        for candidate in subgraph.types.values():
            if not _is_merged(subgraph, candidate):
                continue
            kind = subgraph.merged_kind(candidate)
            known = context.merged.types.setdefault(candidate.name, kind(name=candidate.name))
            # An interface object counts as the interface that it stands for.
            if type(known) is not kind:
                mismatched.add(candidate.name)
    for name in mismatched:
        _report_kinds(context, name)
    for name, indexes in context.interface_objects.items():
        is_interface = any(
            isinstance(context.subgraphs[index].types[name], InterfaceType)
            for index in context.definers[name]
        )
        if name not in mismatched and not is_interface:
            context.error(
                ErrorCode.INTERFACE_OBJECT_USAGE_ERROR,
                f'Type "{name}" is declared with @interfaceObject in all the subgraphs in which it is'
                f" defined (it is defined in {subgraphs(context.names_of(context.definers[name]))}): at"
                " least one of them must define it as the interface it stands for.",
                {index: context.subgraphs[index].types[name] for index in indexes},
            )


def _is_merged(subgraph: SubgraphSchema, candidate: NamedType) -> bool:
    """True if the type is the subgraph's own, and not one of the federation protocol or of its
    specifications."""
    if candidate.name in FEDERATION_OPERATION_TYPES:
        return False
    source = subgraph.links.source_of_type(candidate.name) if subgraph.links else None
    return source is None or source.feature.url.identity not in _UNMERGED_FEATURES


def _report_kinds(context: MergeContext, name: str) -> None:
    sources = {index: context.subgraphs[index].types[name] for index in context.definers[name]}
    kinds = {
        index: "an object type with @interfaceObject"
        if context.subgraphs[index].is_interface_object(source)
        else f"of kind {source.kind}"
        for index, source in sources.items()
    }
    context.error(
        ErrorCode.TYPE_KIND_MISMATCH,
        f'Type "{name}" has mismatched kind: it is defined as {differences(context, kinds)}.',
        sources,
    )


def merge_implements(context: MergeContext, target: CompositeType) -> None:
    """Adds the interfaces that a type implements in any subgraph."""
    for index, source in context.type_sources(target).items():
        if isinstance(source, CompositeType):
            for interface in source.interfaces:
                target.interfaces[interface] = None
                target.directives.append(context.join.implements(index, interface))


def merge_type(context: MergeContext, target: NamedType) -> None:
    """Merges one type: first the parts that all kinds share, then those of its kind."""
    sources = context.type_sources(target)
    _check_extension_has_base(context, sources, target)
    merge_description(context, sources, target)
    _add_join_types(context, sources, target)
    if isinstance(target, InterfaceType):
        record_applied_to_interface(context, sources, target)
    else:
        record_applied(context, sources, target)
    add_join_directives(context, sources, target)
    match target:
        case ObjectType():
            merge_object(context, sources, target)
        case InterfaceType():
            merge_interface(context, sources, target)
        case UnionType():
            merge_union(context, sources, target)
        case EnumType():
            merge_enum(context, sources, target)
        case InputType():
            merge_input(context, sources, target)


def _check_extension_has_base(
    context: MergeContext, sources: Mapping[int, NamedType], target: NamedType
) -> None:
    if isinstance(target, ObjectType) and context.merged.is_root(target.name):
        return
    if any(source.is_defined for source in sources.values()):
        return
    for index, source in sources.items():
        if source.extensions:
            context.report.error(
                ErrorCode.EXTENSION_WITH_NO_BASE,
                f'[{context.subgraphs[index].name}] Type "{target.name}" is an extension type, but there is'
                f' no type definition for "{target.name}" in any subgraph.',
                [(context.subgraphs[index].name, source.extensions[0])],
            )


def _add_join_types(context: MergeContext, sources: Mapping[int, NamedType], target: NamedType) -> None:
    """Adds one `@join__type` for each subgraph, or for each of its keys."""
    for index, source in sources.items():
        interface_object = context.subgraphs[index].is_interface_object(source)
        keys = source.all_applied("key") if isinstance(source, CompositeType) else []
        for key in keys:
            assert isinstance(source, CompositeType)
            target.directives.append(
                context.join.type(
                    index,
                    fields_argument(key),
                    extension=is_key_extension(source, key),
                    resolvable=key.arguments.get("resolvable"),
                    interface_object=interface_object,
                )
            )
        if not keys:
            target.directives.append(
                context.join.type(
                    index, None, extension=False, resolvable=None, interface_object=interface_object
                )
            )
