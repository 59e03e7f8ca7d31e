"""`@tag`: a label on any schema element, for contracts and tools."""

from marquee_schema.composition.specs.definition import (
    SPECS,
    ArgumentSpec,
    Composition,
    DirectiveSpec,
    FeatureSpec,
    Version,
    feature,
    for_federation,
)

TAG_IDENTITY = f"{SPECS}/tag"

_LOCATIONS_01 = ("FIELD_DEFINITION", "OBJECT", "INTERFACE", "UNION")
_LOCATIONS_02 = (
    *_LOCATIONS_01,
    "ARGUMENT_DEFINITION",
    "SCALAR",
    "ENUM",
    "ENUM_VALUE",
    "INPUT_OBJECT",
    "INPUT_FIELD_DEFINITION",
)
_LOCATIONS_03 = (*_LOCATIONS_02, "SCHEMA")


def _tag(
    version: tuple[int, int], locations: tuple[str, ...], minimum_federation: Version | None = None
) -> FeatureSpec:
    directive = DirectiveSpec(
        "tag",
        locations,
        (ArgumentSpec("name", "String!"),),
        repeatable=True,
        composition=Composition(lambda federation: for_federation(TAG_VERSIONS, federation)),
    )
    return feature("tag", version, [directive], minimum_federation=minimum_federation)


TAG_VERSIONS: tuple[FeatureSpec, ...] = (
    _tag((0, 1), _LOCATIONS_01),
    _tag((0, 2), _LOCATIONS_02),
    _tag((0, 3), _LOCATIONS_03, Version(2, 0)),
)
