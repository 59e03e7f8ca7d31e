"""`@inaccessible`: the element is in the supergraph, but not in the API schema that clients see."""

from marquee_schema.composition.specs.definition import (
    SPECS,
    Composition,
    DirectiveSpec,
    FeatureSpec,
    Purpose,
    Version,
    feature,
    for_federation,
)

INACCESSIBLE_IDENTITY = f"{SPECS}/inaccessible"

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


def _inaccessible(
    version: tuple[int, int], locations: tuple[str, ...], minimum_federation: Version | None = None
) -> FeatureSpec:
    directive = DirectiveSpec(
        "inaccessible",
        locations,
        composition=Composition(lambda federation: for_federation(INACCESSIBLE_VERSIONS, federation)),
    )
    return feature(
        "inaccessible", version, [directive], purpose=Purpose.SECURITY, minimum_federation=minimum_federation
    )


INACCESSIBLE_VERSIONS: tuple[FeatureSpec, ...] = (
    _inaccessible((0, 1), _LOCATIONS_01),
    _inaccessible((0, 2), _LOCATIONS_02, Version(2, 0)),
)
