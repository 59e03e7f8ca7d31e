"""The federation specification, 2.0 to 2.14, and the directives of Federation 1."""

from functools import lru_cache

from marquee_schema.composition.specs.access_control import (
    AUTHENTICATED_VERSIONS,
    POLICY_VERSIONS,
    REQUIRES_SCOPES_VERSIONS,
)
from marquee_schema.composition.specs.cache_tag import CACHE_TAG
from marquee_schema.composition.specs.context import CONTEXT_VERSIONS
from marquee_schema.composition.specs.cost import COST_VERSIONS
from marquee_schema.composition.specs.definition import (
    SPECS,
    ArgumentSpec,
    DirectiveSpec,
    FeatureSpec,
    FeatureUrl,
    TypeSpec,
    Version,
    for_federation,
)
from marquee_schema.composition.specs.inaccessible import INACCESSIBLE_VERSIONS
from marquee_schema.composition.specs.tag import TAG_VERSIONS

FEDERATION_IDENTITY = f"{SPECS}/federation"
LATEST_MINOR = 14
AUTO_EXPANDED = Version(2, 4)

_FIELDS = ArgumentSpec("fields", "{FieldSet}!")

_LEGACY_DIRECTIVES = (
    DirectiveSpec(
        "key",
        ("OBJECT", "INTERFACE"),
        (_FIELDS, ArgumentSpec("resolvable", "Boolean", default=True)),
        repeatable=True,
    ),
    DirectiveSpec("requires", ("FIELD_DEFINITION",), (_FIELDS,)),
    DirectiveSpec("provides", ("FIELD_DEFINITION",), (_FIELDS,)),
    DirectiveSpec("external", ("OBJECT", "FIELD_DEFINITION"), (ArgumentSpec("reason", "String"),)),
    TAG_VERSIONS[1].directives["tag"],
    DirectiveSpec("extends", ("OBJECT", "INTERFACE")),
)
_LEGACY_TYPES = (TypeSpec("FieldSet"),)


def _own_directives(minor: int) -> list[DirectiveSpec]:
    """The directives that the specification itself defines, by the version that added each."""
    override = [ArgumentSpec("from", "String!")]
    if minor >= 7:
        override.append(ArgumentSpec("label", "String"))
    directives = [
        DirectiveSpec("shareable", ("OBJECT", "FIELD_DEFINITION"), repeatable=minor >= 2),
        DirectiveSpec("override", ("FIELD_DEFINITION",), tuple(override)),
    ]
    if minor >= 1:
        name = ArgumentSpec("name", "String")
        directives.append(DirectiveSpec("composeDirective", ("SCHEMA",), (name,), repeatable=True))
    if minor >= 3:
        directives.append(DirectiveSpec("interfaceObject", ("OBJECT",)))
    if minor >= 12:
        directives.append(CACHE_TAG)
    return directives


def _included_features(minor: int) -> list[FeatureSpec]:
    """The other specifications whose directives federation includes."""
    features = [for_federation(INACCESSIBLE_VERSIONS, Version(2, minor))]
    # Below 2.3, `@tag` is federation's own and has fewer locations.
    if minor >= 3:
        features.append(TAG_VERSIONS[2])
    if minor >= 5:
        features += [AUTHENTICATED_VERSIONS[0], REQUIRES_SCOPES_VERSIONS[0]]
    if minor >= 6:
        features.append(POLICY_VERSIONS[0])
    if minor >= 8:
        features.append(CONTEXT_VERSIONS[0])
    if minor >= 9:
        features.append(COST_VERSIONS[0])
    return features


@lru_cache
def federation_spec(version: Version) -> FeatureSpec | None:
    """The elements of a version of the federation specification; None when there is no such version."""
    if version.major != 2 or version.minor > LATEST_MINOR:
        return None
    directives = {directive.name: directive for directive in _LEGACY_DIRECTIVES}
    types = {spec.name: spec for spec in _LEGACY_TYPES}
    for directive in _own_directives(version.minor):
        directives[directive.name] = directive
    for included in _included_features(version.minor):
        directives.update(included.directives)
        types.update(included.types)
    return FeatureSpec(FeatureUrl(FEDERATION_IDENTITY, "federation", version), directives, types)


FEDERATION_VERSIONS = tuple(
    spec for minor in range(LATEST_MINOR + 1) if (spec := federation_spec(Version(2, minor))) is not None
)
FEDERATION_1 = FeatureSpec(
    FeatureUrl("<federation 1>", "federation", Version(0, 1)),
    {directive.name: directive for directive in _LEGACY_DIRECTIVES},
    {spec.name: spec for spec in _LEGACY_TYPES},
)
ALL_FEDERATION_DIRECTIVES = frozenset(FEDERATION_VERSIONS[-1].directives)
