"""`@cost` and `@listSize`: data from which the cost of an operation is estimated before it runs."""

from marquee_schema.composition.specs.argument_strategies import conjunction, maximum, union
from marquee_schema.composition.specs.definition import (
    ArgumentSpec,
    Composition,
    DirectiveSpec,
    FeatureSpec,
    Version,
    feature,
    for_federation,
)


def _supergraph_feature(federation: Version) -> FeatureSpec:
    return for_federation(COST_VERSIONS, federation)


COST_VERSIONS: tuple[FeatureSpec, ...] = (
    feature(
        "cost",
        (0, 1),
        [
            DirectiveSpec(
                "cost",
                (
                    "ARGUMENT_DEFINITION",
                    "ENUM",
                    "FIELD_DEFINITION",
                    "INPUT_FIELD_DEFINITION",
                    "OBJECT",
                    "SCALAR",
                ),
                (ArgumentSpec("weight", "Int!", merge=maximum),),
                composition=Composition(_supergraph_feature),
            ),
            DirectiveSpec(
                "listSize",
                ("FIELD_DEFINITION",),
                (
                    ArgumentSpec("assumedSize", "Int", merge=maximum),
                    ArgumentSpec("slicingArguments", "[String!]", merge=union),
                    ArgumentSpec("sizedFields", "[String!]", merge=union),
                    ArgumentSpec("requireOneSlicingArgument", "Boolean", default=True, merge=conjunction),
                ),
                composition=Composition(_supergraph_feature),
            ),
        ],
        minimum_federation=Version(2, 9),
    ),
)
