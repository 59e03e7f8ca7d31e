"""Which linked features and directives reach the supergraph, and under which names. LINK_IMPORT_NAME_MISMATCH
when subgraphs disagree."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, count

from marquee_schema.composition.errors import ErrorCode
from marquee_schema.composition.merge.aliases import AliasChooser
from marquee_schema.composition.merge.composed_directives import ComposedDirectives
from marquee_schema.composition.model import AppliedDirective, Schema
from marquee_schema.composition.report import Report
from marquee_schema.composition.report import subgraphs as listed_subgraphs
from marquee_schema.composition.specs.built_in import BUILT_IN_DIRECTIVES
from marquee_schema.composition.specs.definition import (
    Composition,
    DirectiveSpec,
    FeatureSpec,
    FeatureUrl,
    Version,
    for_federation,
)
from marquee_schema.composition.specs.inaccessible import INACCESSIBLE_IDENTITY, INACCESSIBLE_VERSIONS
from marquee_schema.composition.specs.known import known_feature
from marquee_schema.composition.subgraph.completion import build_definition, build_type
from marquee_schema.composition.subgraph.links import Import, LinkedFeature
from marquee_schema.composition.subgraph.schema import SubgraphSchema
from marquee_schema.composition.traversal import directive_sites
from marquee_schema.composition.values import EnumLiteral, Value


@dataclass(frozen=True, slots=True)
class MergedDirective:
    """A directive of a specification, as the supergraph has it."""

    name: str
    spec: DirectiveSpec
    feature: FeatureSpec
    composition: Composition


@dataclass(slots=True)
class SupergraphFeatures:
    """The features of the supergraph besides `link` and `join`, and the directives that are merged."""

    composed: ComposedDirectives
    directives: dict[str, MergedDirective] = field(default_factory=dict)
    linked: list[LinkedFeature] = field(default_factory=list)

    def is_merged(self, subgraph: str, directive: str) -> bool:
        """True if applications of the directive in the subgraph reach the supergraph under their own name."""
        if self.composed.is_composed(subgraph, directive):
            return True
        merged = self.directives.get(directive)
        if merged is not None:
            return not merged.composition.through_join
        return directive in BUILT_IN_DIRECTIVES

    def name_of(self, identity: str) -> str | None:
        """The supergraph's name of the directive that has its feature's name, such as `@inaccessible`."""
        for name, directive in self.directives.items():
            if (
                directive.feature.url.identity == identity
                and directive.spec.name == directive.feature.url.name
            ):
                return name
        return None


@dataclass(slots=True)
class _Usage:
    """A directive of a specification as the subgraphs use it, within one major version."""

    name: str
    url: FeatureUrl
    names: dict[int, str] = field(default_factory=dict)


def applied_directive_names(subgraph: SubgraphSchema) -> set[str]:
    """The names of all directives that are applied anywhere in a subgraph."""
    return {applied.name for element, _ in directive_sites(subgraph) for applied in element.directives}


def collect_features(
    subgraphs: Sequence[SubgraphSchema], federation: Version, composed: ComposedDirectives, report: Report
) -> SupergraphFeatures:
    """The directives of specifications that are applied somewhere and can be composed, each under the one
    name that all subgraphs use."""
    features = SupergraphFeatures(composed)
    for usage in _usages(subgraphs):
        spec = known_feature(usage.url)
        directive = spec.directives.get(usage.name) if spec else None
        if directive is None or directive.composition is None:
            continue
        names = set(usage.names.values())
        if len(names) > 1:
            _report_mismatch(subgraphs, usage, report)
            return features
        (name,) = names
        feature = directive.composition.feature(federation)
        features.directives[name] = MergedDirective(name, directive, feature, directive.composition)
    return features


def require_inaccessible(
    features: SupergraphFeatures, subgraphs: Sequence[SubgraphSchema], federation: Version
) -> None:
    """Adds `@inaccessible` when no subgraph applies it, under a name that none of them uses."""
    if features.name_of(INACCESSIBLE_IDENTITY) is not None:
        return
    feature = for_federation(INACCESSIBLE_VERSIONS, federation)
    directive = feature.directives["inaccessible"]
    assert directive.composition is not None, "it always reaches the supergraph"
    # A subgraph may have an `@inaccessible` of its own, which means something else.
    taken = {name for subgraph in subgraphs for name in subgraph.directives if _is_foreign(subgraph, name)}
    candidates = chain(["inaccessible"], (f"inaccessible{number}" for number in count(1)))
    name = next(candidate for candidate in candidates if candidate not in taken)
    features.directives[name] = MergedDirective(name, directive, feature, directive.composition)


def _is_foreign(subgraph: SubgraphSchema, directive: str) -> bool:
    source = subgraph.links.source_of_directive(directive) if subgraph.links is not None else None
    return source is None or source.name != "inaccessible"


def _usages(subgraphs: Sequence[SubgraphSchema]) -> Iterable[_Usage]:
    usages: dict[tuple[str, str, int], _Usage] = {}
    for index, subgraph in enumerate(subgraphs):
        if subgraph.links is None:
            continue
        applied = applied_directive_names(subgraph)
        for name in subgraph.directives:
            source = subgraph.links.source_of_directive(name)
            if source is None or source.name is None or name not in applied:
                continue
            url = source.feature.url
            # Versions 0.1 and 0.2 are as different as 1.0 and 2.0. Negative numbers keep them apart from
            # major versions.
            major = url.version.major or -url.version.minor
            usage = usages.setdefault((source.name, url.identity, major), _Usage(source.name, url))
            # Where subgraphs link 2.3 and 2.5, the newer definition holds for both.
            usage.url = max(usage.url, url, key=lambda candidate: candidate.version)
            usage.names[index] = name
    return usages.values()


def _report_mismatch(subgraphs: Sequence[SubgraphSchema], usage: _Usage, report: Report) -> None:
    by_name: dict[str, list[str]] = {}
    for index, name in usage.names.items():
        by_name.setdefault(name, []).append(subgraphs[index].name)
    found = ", but ".join(f'"@{name}" in {listed_subgraphs(users)}' for name, users in by_name.items())
    report.error(
        ErrorCode.LINK_IMPORT_NAME_MISMATCH,
        f'The "@{usage.name}" directive (from {usage.url}) is imported under different names: it is {found}.'
        " Import it under one name everywhere.",
    )


def add_features(schema: Schema, features: SupergraphFeatures, aliases: AliasChooser) -> None:
    """Links the features in the supergraph and defines their directives and types."""
    by_identity: dict[str, list[MergedDirective]] = {}
    for directive in features.directives.values():
        by_identity.setdefault(directive.feature.url.identity, []).append(directive)
    for directives in by_identity.values():
        spec = directives[0].feature
        alias = aliases.choose(spec.url)
        linked = LinkedFeature(spec.url, alias, tuple(_imports(spec, alias, directives)))
        features.linked.append(linked)
        schema.definition.directives.append(link_application(linked, spec.purpose))
        types = {name: linked.type_name(name) for name in spec.types}
        for name, type_spec in spec.types.items():
            schema.types[types[name]] = build_type(types[name], type_spec)
        for name, directive_spec in spec.directives.items():
            actual = linked.directive_name(name)
            schema.directives[actual] = build_definition(actual, directive_spec, types)


def _imports(spec: FeatureSpec, alias: str, directives: Iterable[MergedDirective]) -> Iterable[Import]:
    """The imports that are needed: those whose names do not follow from the alias."""
    default = LinkedFeature(spec.url, alias)
    for directive in directives:
        name = directive.spec.name
        # A feature that is linked as `tag` defines `@tag` and `@tag__x` by its alias alone; other names need
        # an import.
        if not directive.composition.through_join and directive.name != default.directive_name(name):
            yield Import(f"@{name}", f"@{directive.name}")


def link_application(feature: LinkedFeature, purpose: str | None = None) -> AppliedDirective:
    """`@link` on the supergraph's schema."""
    arguments: dict[str, Value] = {"url": str(feature.url)}
    if feature.alias != feature.url.name:
        arguments["as"] = feature.alias
    if purpose:
        arguments["for"] = EnumLiteral(purpose)
    if feature.imports:
        arguments["import"] = [_printed_import(imported) for imported in feature.imports]
    return AppliedDirective("link", arguments)


def _printed_import(imported: Import) -> Value:
    if imported.name == imported.alias:
        return imported.name
    return {"name": imported.name, "as": imported.alias}


def directive_arguments(
    directive: MergedDirective, subgraph: str, given: Mapping[str, Value]
) -> dict[str, Value]:
    """The arguments in the form that the supergraph has."""
    transform = directive.composition.transform
    return transform(subgraph, given) if transform else dict(given)
