"""Merging from valid subgraphs to a supergraph: the order of the steps, each of which has a file of its
own."""

from collections.abc import Sequence

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.merge.aliases import AliasChooser
from marquee_schema.composition.merge.applied_directives import merge_pending, record_applied
from marquee_schema.composition.merge.composed_directives import ComposedDirectives
from marquee_schema.composition.merge.context import MergeContext
from marquee_schema.composition.merge.descriptions import merge_description
from marquee_schema.composition.merge.directive_definitions import merge_directive_definitions
from marquee_schema.composition.merge.features import (
    add_features,
    collect_features,
    link_application,
    require_inaccessible,
)
from marquee_schema.composition.merge.federation_version import federation_version_used
from marquee_schema.composition.merge.interface_object_fields import add_interface_object_fields
from marquee_schema.composition.merge.join_directives import add_join_directives
from marquee_schema.composition.merge.types import add_types, merge_implements, merge_type
from marquee_schema.composition.model import (
    OPERATION_KINDS,
    CompositeType,
    EnumType,
    InputType,
    InterfaceType,
    NamedType,
    ObjectType,
    ScalarType,
    UnionType,
)
from marquee_schema.composition.report import Report
from marquee_schema.composition.specs.definition import Purpose
from marquee_schema.composition.specs.link import LINK
from marquee_schema.composition.subgraph.completion import build_definition, build_type
from marquee_schema.composition.subgraph.links import Import, LinkedFeature
from marquee_schema.composition.subgraph.schema import SubgraphSchema
from marquee_schema.composition.supergraph.join import (
    Join,
    add_graphs,
    add_join_definitions,
    graph_names,
    join_url,
    join_version,
)


def merge_subgraphs(
    subgraphs: Sequence[SubgraphSchema], report: Report, *, hides: bool = False
) -> MergeContext:
    """Merges all subgraphs. The supergraph is complete only if the report has no problems afterwards.

    `hides` links `@inaccessible` even when no subgraph applies it, as a contract needs.
    """
    federation = federation_version_used(subgraphs, report)
    composed = ComposedDirectives(subgraphs, report)
    features = collect_features(subgraphs, federation, composed, report)
    if hides:
        require_inaccessible(features, subgraphs, federation)
    composed.collect()
    names = graph_names(subgraph.name for subgraph in subgraphs)
    join = Join([names[subgraph.name] for subgraph in subgraphs])
    context = MergeContext(subgraphs, features, federation, join, report)
    if not report.problems:
        _add_features(context, names)
        _merge(context)
    return context


def _add_features(context: MergeContext, names: dict[str, str]) -> None:
    """Adds the supergraph's own `@link`s and the definitions of everything that is linked."""
    schema = context.merged
    types = {name: f"link__{name}" for name in LINK.types}
    schema.directives["link"] = build_definition("link", LINK.directives["link"], types)
    schema.types.update({types[name]: build_type(types[name], spec) for name, spec in LINK.types.items()})
    version = join_version(context.federation_version)
    schema.definition.directives += [
        link_application(LinkedFeature(LINK.url, "link")),
        link_application(LinkedFeature(join_url(version), "join"), Purpose.EXECUTION),
    ]
    add_join_definitions(schema, version)
    graphs = [(names[subgraph.name], subgraph.name, subgraph.url) for subgraph in context.subgraphs]
    add_graphs(schema, graphs)
    aliases = _alias_chooser(context)
    add_features(schema, context.features, aliases)
    for feature, directives in context.features.composed.features():
        imports = tuple(Import(f"@{origin}", f"@{name}") for name, origin in directives.items())
        linked = LinkedFeature(feature.url, aliases.choose(feature.url), imports)
        context.features.linked.append(linked)
        schema.definition.directives.append(link_application(linked))


def _alias_chooser(context: MergeContext) -> AliasChooser:
    names = {*context.merged.types, *context.merged.directives}
    for subgraph in context.subgraphs:
        names.update(subgraph.types, subgraph.directives)
    aliases = AliasChooser({name for name in names if not name.startswith("__")})
    for name, directive in context.features.directives.items():
        aliases.expect(directive.feature.url, [(directive.spec.name, name)])
    for feature, directives in context.features.composed.features():
        aliases.expect(feature.url, [(origin, name) for name, origin in directives.items()])
    return aliases


def _merge(context: MergeContext) -> None:
    """Adds names first, then what implements what, then merges each kind in the order in which they need each
    other."""
    spec_types = set(context.merged.types)
    add_types(context)
    own = [target for name, target in context.merged.types.items() if name not in spec_types]
    for target in own:
        if isinstance(target, CompositeType):
            merge_implements(context, target)
    context.merged.structure_changed()
    # Types of fields are compared by the members of unions and the interfaces of objects, so both come first.
    # Enums come last: how they merge depends on the fields and arguments that use them.
    _merge_kind(context, own, UnionType)
    _merge_schema_definition(context)
    for kind in (ScalarType, InputType, InterfaceType, ObjectType):
        _merge_kind(context, own, kind)
    merge_directive_definitions(context)
    _merge_kind(context, own, EnumType)
    context.merged.structure_changed()
    if "query" not in context.merged.roots:
        context.report.error(
            ErrorCode.NO_QUERIES,
            "No queries found in any subgraph: a supergraph must have a query root type.",
        )
    merge_pending(context)
    add_interface_object_fields(context)


def _merge_kind(context: MergeContext, targets: Sequence[NamedType], kind: type[NamedType]) -> None:
    for target in targets:
        if type(target) is kind:
            merge_type(context, target)


def _merge_schema_definition(context: MergeContext) -> None:
    """Merges the root operation types and the directives on the schema itself."""
    sources = {index: subgraph.definition for index, subgraph in enumerate(context.subgraphs)}
    merge_description(context, sources, context.merged.definition)
    record_applied(context, sources, context.merged.definition)
    for operation in OPERATION_KINDS:
        for subgraph in context.subgraphs:
            name = subgraph.roots.get(operation)
            root = subgraph.composite(name) if name else None
            if name and root is not None and root.fields:
                context.merged.roots[operation] = name
    add_join_directives(context, sources, context.merged.definition)
